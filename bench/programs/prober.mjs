// A client beside the relay: asks something small again and again, each time with an id of its own, while it takes in the stream.
import { once } from 'node:events';
import { setTimeout as after } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { TwinlaneClient } from '../../dist/client/index.js';
import { answer, config, tell } from '../kit/program.mjs';

const { server, token, names, plain, split, streams, everyMs } = config;
/** Asks for nothing that has to be worked for. */
const COMMAND = 'app_server_info';
const ONLINE_MS = 20_000;

const stream = { bytes: 0 };

/** Counts what comes on the socket that carries the stream. */
class CountedSocket extends WebSocket {
  constructor(url, ...rest) {
    super(url, ...rest);
    if (String(url).includes('channel=stream'))
      this.on('message', (data) => {
        stream.bytes += data.length;
      });
  }
}

/** Speaks with a listener through a relay, by the client library. */
async function attach(deviceId) {
  const client = new TwinlaneClient({ server, token, WebSocket: CountedSocket, limits: { commandTimeoutMs: 120_000 } });
  const attachment = await client.attach(await online(client, deviceId));
  await attachment.runtimeStart({ agent_id: null });
  void take(attachment.events());
  return {
    ask: () => attachment.command(COMMAND, {}),
    go: () => attachment.send('go'),
  };
}

async function take(events) {
  for await (const { type } of events) if (type === 'resume_gap') throw new Error('events were lost');
}

async function online(client, deviceId) {
  for (const until = Date.now() + ONLINE_MS; Date.now() < until; await after(100)) {
    const environments = await client.environments({ onlineOnly: true });
    const found = environments.find((environment) => environment.deviceId === deviceId);
    if (found) return found;
  }
  throw new Error(`${deviceId} is not online`);
}

/** Speaks with a plain listener through a forwarder. */
async function attachPlain(name) {
  const asked = new Map();
  const receive = (data) => {
    const head = data.subarray(0, 64).toString('latin1');
    if (head.startsWith('{"type":"stream_delta"')) stream.bytes += data.length;
    else asked.get(JSON.parse(data.toString('utf8')).request_id)?.();
  };
  const open = async (channel) => {
    const socket = new WebSocket(`${server}/client/${name}${channel}`, { perMessageDeflate: false });
    socket.on('message', receive);
    await once(socket, 'open');
    return socket;
  };
  const control = await open(split ? '-control' : '');
  if (split) await open('-stream');
  let count = 0;
  return {
    ask: () =>
      new Promise((resolve) => {
        const id = `r${++count}`;
        asked.set(id, () => (asked.delete(id), resolve()));
        control.send(JSON.stringify({ type: COMMAND, request_id: id }));
      }),
    go: () => control.send('{"type":"go"}'),
  };
}

const listeners = [];
for (const name of names) listeners.push(await (plain ? attachPlain(name) : attach(name)));

/** Round trips from the first byte of the stream on; what is unanswered after `graceMs` more is counted as such. */
async function measure({ seconds, graceMs }) {
  if (streams) {
    for (const { go } of listeners) await go();
    while (stream.bytes === 0) await after(1);
  }
  const start = performance.now();
  const firstByte = stream.bytes;
  const trips = [];
  let asked = 0;
  let isOver = false;
  const ask = async (listener) => {
    const at = performance.now();
    asked++;
    await listener.ask();
    if (!isOver) trips.push([Math.round(at - start), performance.now() - at]);
  };
  for (let due = start; due < start + seconds * 1_000; due += everyMs) {
    // Each at a time of its own, as different people would ask.
    for (const [index, listener] of listeners.entries()) {
      const wait = due + (index * everyMs) / listeners.length - performance.now();
      if (wait > 0) await after(wait);
      void ask(listener);
    }
  }
  const bytes = stream.bytes - firstByte;
  const tookMs = performance.now() - start;
  for (const until = performance.now() + graceMs; trips.length < asked && performance.now() < until;) await after(20);
  isOver = true;
  return { trips, unanswered: asked - trips.length, streamMbit: (bytes * 8) / 1_000 / tookMs };
}

answer({ measure });
tell({ ready: true });
