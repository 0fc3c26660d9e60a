// Clients beside the relay: one follows a runtime that says a little now and then, the others follow runtimes that say as much as
// they are let. How long each event of the first was under way.
import { setTimeout as after } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { TwinlaneClient } from '../../dist/client/index.js';
import { answer, config, tell } from '../kit/program.mjs';

const { server, token, floods, everyMs } = config;
const NS_PER_MS = 1e6;
/** Before it is measured, for windows and floods to be under way. */
const WARM_UP_MS = 2_000;

const flood = { bytes: 0 };
const delays = [];
let firstAt;

class CountedSocket extends WebSocket {
  constructor(...args) {
    super(...args);
    this.on('message', (data) => {
      flood.bytes += data.length;
    });
  }
}

async function attach(Socket) {
  const client = new TwinlaneClient({ server, token, WebSocket: Socket });
  const [environment] = await client.environments({ onlineOnly: true });
  const attachment = await client.attach(environment);
  await attachment.runtimeStart({ agent_id: null });
  return attachment;
}

async function watch(attachment) {
  for await (const { type, delta } of attachment.events()) {
    const now = process.hrtime.bigint();
    if (type === 'resume_gap') throw new Error('events were lost');
    if (firstAt === undefined || typeof delta?.at !== 'string') continue;
    const at = BigInt(delta.at);
    if (at >= firstAt) delays.push([at, Number(now - at) / NS_PER_MS]);
  }
}

async function drink(attachment) {
  for await (const { type } of attachment.events()) if (type === 'resume_gap') throw new Error('events were lost');
}

const working = await attach(WebSocket);
void watch(working);
const flooding = [];
for (let n = 0; n < floods; n++) flooding.push(await attach(CountedSocket));
for (const attachment of flooding) void drink(attachment);

/** Of what was emitted within `seconds`; what has not come `graceMs` later is counted as missing. */
async function measure({ seconds, graceMs }) {
  for (const attachment of flooding) await attachment.send('flood');
  await working.send(`every ${everyMs}`);
  await after(WARM_UP_MS);
  const bytes = flood.bytes;
  const begun = process.hrtime.bigint();
  firstAt = begun;
  await after(seconds * 1_000);
  const over = process.hrtime.bigint();
  const floodBytes = flood.bytes - bytes;
  await after(graceMs);
  const inTime = delays.filter(([at]) => at < over).map(([, ms]) => ms);
  return {
    delays: inTime,
    floodMbit: (floodBytes * 8) / 1_000 / (Number(over - begun) / NS_PER_MS),
    closed: [working, ...flooding].filter(({ state }) => state.phase !== 'open').length,
  };
}

answer({ measure });
tell({ ready: true });
