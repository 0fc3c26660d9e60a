// A device that has always more to say, and clients that take it, around one server: a relay, or a forwarder that understands
// nothing. The device stays a bounded number of frames ahead of the slowest client, so that nothing piles up in between.
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as after } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { answer, config, tell } from '../kit/program.mjs';
import { TOKEN } from '../kit/token.mjs';
import { clientText, FrameCounter, openWire } from '../kit/wire.mjs';
import { openChannel, register } from '../kit/wire-device.mjs';

const { server, plain, bytes, ahead, name = 'bench' } = config;
/** As a client acknowledges (protocol section 5). */
const ACK_MS = 5;
const ACK_BYTES = 32 * 1024;
/** Of the device's frames that the relay has not acknowledged. */
const IN_FLIGHT_FRAMES = 1_024;
const RUNTIME = { agent_id: 'agent-1', conversation_id: 'conversation-1' };
const EPOCH = 'a1b2c3d4';
const NUMBERED_BEFORE_EVENTS = 1;

class Client {
  counter = new FrameCounter();
  acknowledged = 0;
  acknowledgedBytes = 0;
  timer = undefined;

  static async open(url, headers, news) {
    const client = new Client();
    client.socket = await openWire(url, { headers }, (part) => {
      client.counter.push(part);
      if (!plain) client.received();
      news();
    });
    return client;
  }

  received() {
    if (this.counter.bytes - this.acknowledgedBytes >= ACK_BYTES) this.acknowledge();
    else this.timer ??= setTimeout(() => this.acknowledge(), ACK_MS);
  }

  acknowledge() {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.acknowledged = this.counter.count;
    this.acknowledgedBytes = this.counter.bytes;
    if (this.socket) this.socket.write(clientText(`{"type":"ack","seq":${this.acknowledged}}`));
    else this.timer = setTimeout(() => this.acknowledge(), ACK_MS);
  }

  close() {
    clearTimeout(this.timer);
    this.socket.destroy();
  }
}

async function openDevice() {
  if (plain) {
    const stream = new WebSocket(`${server}/device/${name}`, { perMessageDeflate: false });
    await once(stream, 'open');
    return { stream, clientUrl: () => `${server}/client/${name}` };
  }
  const { wsUrl, connectionId } = await register(server, name);
  const generation = randomUUID();
  await openChannel(wsUrl, 'control', generation);
  const stream = await openChannel(wsUrl, 'stream', generation);
  stream.send(JSON.stringify({ seq: NUMBERED_BEFORE_EVENTS, type: 'journals', heads: [], last: true }));
  const query = new URLSearchParams({
    agentId: RUNTIME.agent_id,
    conversationId: RUNTIME.conversation_id,
    channel: 'stream',
  });
  const target = `/v1/environments/${connectionId}/status/ws?${query}`;
  return { stream, clientUrl: (at) => `${at.replace('http', 'ws')}${target}&client=${randomUUID()}` };
}

const { stream, clientUrl } = await openDevice();
let sent = 0;
let acknowledged = 0;
stream.on('message', (/** @type {Buffer} */ data) => {
  const { type, seq } = JSON.parse(data.toString('utf8'));
  if (type === 'rewind') throw new Error('the relay lost an event');
  if (type === 'ack') acknowledged = seq - NUMBERED_BEFORE_EVENTS;
  pump();
});
stream.on('close', (code, reason) => {
  process.stderr.write(`The server closed the device's stream: ${code} ${reason.toString('utf8')}\n`);
  process.exit(1);
});

const TEXT = 'x'.repeat(Math.max(1, bytes - frameText(1, '').length));

function frameText(number, content) {
  return `{"seq":${number + NUMBERED_BEFORE_EVENTS},"type":"stream_delta","delta":{"message_type":"assistant_message","id":"m","content":"${content}"},"runtime":{"agent_id":"${RUNTIME.agent_id}","conversation_id":"${RUNTIME.conversation_id}"},"event_epoch":"${EPOCH}","event_seq":${number},"emitted_at":"2030-01-01T00:00:00.000Z","idempotency_key":"stream_delta:${number}:${EPOCH}:0a1b2c"}`;
}

let clients = [];
let firsts = [];
let isRunning = false;

function pump() {
  if (!isRunning) return;
  let slowest = Infinity;
  for (const [index, { counter }] of clients.entries()) slowest = Math.min(slowest, counter.count - firsts[index]);
  const most = Math.min(slowest + base + ahead, plain ? Infinity : acknowledged + IN_FLIGHT_FRAMES);
  if (sent >= most) return;
  const { _socket: socket } = stream;
  socket.cork();
  while (sent < most) stream.send(frameText(++sent, TEXT));
  socket.uncork();
}

/** Frames sent before these clients were there. */
let base = 0;

/** @param at where clients connect, when not at the device's server */
async function measure({ clients: count, seconds, warmUpMs, at = server }) {
  clients = await Promise.all(
    Array.from({ length: count }, () => Client.open(clientUrl(at), { authorization: `Bearer ${TOKEN}` }, pump)),
  );
  // What a client is told when it opens is none of what is counted.
  await after(100);
  firsts = clients.map(({ counter }) => counter.count);
  base = sent;
  isRunning = true;
  pump();
  await after(warmUpMs);
  const start = performance.now();
  const before = total();
  tell({ started: true });
  await after(seconds * 1_000);
  const frames = total() - before;
  const tookMs = performance.now() - start;
  tell({ stopped: true });
  isRunning = false;
  await arrived();
  for (const client of clients) client.close();
  clients = [];
  return { framesPerSecond: (frames / tookMs) * 1_000, frames };
}

function total() {
  return clients.reduce((sum, { counter }) => sum + counter.count, 0);
}

/** What is under way belongs to this measurement, not to the next. */
async function arrived() {
  const isHere = () => clients.every(({ counter }, index) => counter.count - firsts[index] >= sent - base);
  for (const until = Date.now() + 10_000; !isHere() && Date.now() < until;) await after(10);
  if (!isHere()) throw new Error('frames are missing');
}

answer({ measure });
tell({ ready: true });
