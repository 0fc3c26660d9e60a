import { beforeEach, describe, expect, it } from 'vitest';
import { ManualClock, settle } from '../../../test/kit/manual-clock.js';
import { MemorySocket } from '../../../test/kit/memory-socket.js';
import { RECEIPT_DEFAULTS } from '../../channel/index.js';
import { encodeFrame, MAX_OPEN_CHUNKED, type Frame, type FrameError } from '../../protocol/index.js';
import { LimitsOptions } from '../access/limits.options.js';
import { RelayOptions } from '../relay.options.js';
import { DeviceChannel } from './device-channel.js';

const LIMITS = Object.assign(new RelayOptions(), { maxFrameBytes: 200_000, deviceBufferBytes: 1_000_000 });

let clock: ManualClock;
let device: MemorySocket;
let received: Frame[];
let routed: Frame[];
let refused: string[];
let broken: number[];
let limited: string[];
let reasons: string[];
let heartbeats: number;
/** What routing says to each frame. */
let responsible: () => Promise<void> | undefined;

beforeEach(() => {
  clock = new ManualClock();
  [received, routed, refused, broken, heartbeats] = [[], [], [], [], 0];
  [limited, reasons] = [[], []];
  responsible = () => undefined;
});

function open(resumable = true, chunked = true, limits = LIMITS): DeviceChannel {
  const [deviceSide, relaySide] = MemorySocket.pair();
  device = deviceSide;
  device.receive({ message: (text) => received.push(JSON.parse(text) as Frame), closed() {} });
  const observer = {
    frame: (_channel: DeviceChannel, frame: Frame) => {
      routed.push(frame);
      return responsible();
    },
    refused: (_channel: DeviceChannel, { fault }: FrameError) => {
      refused.push(fault);
      return responsible();
    },
    heartbeat: () => void heartbeats++,
    limited: (limit: string) => void limited.push(limit),
    broken: (broke: DeviceChannel, code: number, reason: string) => {
      broken.push(code);
      reasons.push(reason);
      if (limits !== LIMITS) broke.close(code, reason);
    },
    closed() {},
  };
  const channel = new DeviceChannel('stream', relaySide, clock, limits, observer, { resumable, chunked });
  channel.start();
  return channel;
}

async function send(...frames: readonly object[]): Promise<void> {
  for (const frame of frames) device.send(JSON.stringify(frame));
  await settle();
}

/** What the relay has acknowledged, after the time it may take for that. */
async function acknowledged(): Promise<unknown[]> {
  await clock.advance(RECEIPT_DEFAULTS.ackAfterMs);
  return received.filter(({ type }) => type === 'ack').map(({ seq, safe }) => [seq, safe]);
}

describe('a channel of a resumable link', () => {
  it('acknowledges what it has read, and what routing is responsible for', async () => {
    open();
    let commit = (): void => {};
    responsible = () => new Promise((resolve) => (commit = resolve));
    await send({ seq: 1, type: 'a' });
    responsible = () => undefined;
    await send({ seq: 2, type: 'b' });
    expect(await acknowledged()).toEqual([[2, 0]]);
    commit();
    expect(await acknowledged()).toEqual([
      [2, 0],
      [2, 2],
    ]);
  });

  it('neither counts nor routes pings, pongs, acknowledgements and greetings', async () => {
    open();
    await send({ type: 'ping' }, { type: 'pong' }, { type: 'ack', seq: 0, safe: 0 }, { type: 'listener_ready' });
    expect([routed, received, heartbeats]).toEqual([[], [{ type: 'pong' }], 1]);
    expect(await acknowledged()).toEqual([]);
    expect(broken).toEqual([]);
  });

  it('counts what it refuses: it is not to come again', async () => {
    open();
    await send(
      { seq: 1, type: 'large', text: 'x'.repeat(LIMITS.maxFrameBytes) },
      { no: 'type' },
      { seq: 3, type: 'a' },
    );
    expect((await acknowledged()).at(-1)).toEqual([3, 3]);
    expect(routed).toHaveLength(1);
  });

  it.each([
    ['skips a number', { seq: 2, type: 'a' }],
    ['has none', { type: 'a' }],
    ['acknowledges what was not sent', { type: 'ack', seq: 1, safe: 1 }],
  ])('ends with 1007 on a frame that %s', async (_what, frame) => {
    open();
    await send(frame);
    expect([broken, routed]).toEqual([[1007], []]);
  });

  it('numbers what it sends, and tells when the listener is responsible', async () => {
    const channel = open();
    const safe: string[] = [];
    for (const type of ['a', 'b']) channel.send({ type }, { safe: () => safe.push(type) });
    await settle();
    expect(received).toEqual([
      { seq: 1, type: 'a' },
      { seq: 2, type: 'b' },
    ]);
    await send({ type: 'ack', seq: 2, safe: 1 });
    expect(safe).toEqual(['a']);
    await send({ type: 'ack', seq: 2, safe: 2 });
    expect(safe).toEqual(['a', 'b']);
  });

  it('sends what a frame causes before it says that the frame is safe', async () => {
    const channel = open();
    responsible = () => new Promise((taken) => channel.send({ type: 'rewind' }, { taken }));
    await send({ seq: 1, type: 'a', text: 'x'.repeat(RECEIPT_DEFAULTS.ackBytes) });
    await acknowledged();
    const told = received.filter(({ type, safe }) => type === 'rewind' || safe === 1).map(({ type }) => type);
    expect(told).toEqual(['rewind', 'ack']);
  });

  describe('large events in chunks', () => {
    const piece = { type: 'chunk', index: 0, last: false, data: 'x'.repeat(LIMITS.maxFrameBytes * 0.9) };
    const pieces = (fields: object): object[] =>
      Array.from({ length: MAX_OPEN_CHUNKED }, (_, i) => ({ seq: i + 1, ...piece, id: `id-${i}`, ...fields }));

    it('C29 may be begun as the protocol allows, and together hold no more than as many whole ones', async () => {
      open();
      await send(...pieces({}));
      expect(broken).toEqual([]);
      await send({ seq: MAX_OPEN_CHUNKED + 1, ...piece, id: 'id-0', index: 1 });
      expect([broken, routed]).toEqual([[1009], []]);
    });

    it('C29 are left out where nobody agreed to them', async () => {
      open(true, false);
      const text = encodeFrame({ type: 'event' });
      await send({ seq: 1, ...piece, id: 'a', data: text, last: true }, { seq: 2, type: 'b' });
      expect(await acknowledged()).toEqual([[2, 2]]);
      expect([refused, routed.map(({ type }) => type), broken]).toEqual([['BAD_CHUNK'], ['b'], []]);
    });
  });

  it('ends with 1011 when the relay cannot keep what came', async () => {
    open();
    responsible = () => Promise.reject(new Error('disk'));
    await send({ seq: 1, type: 'a' });
    expect(broken).toEqual([1011]);
    expect(await acknowledged()).toEqual([[1, 0]]);
  });

  it('is cut when the device does not read', async () => {
    const channel = open();
    for (let i = 0; i < 12; i++) channel.send({ type: 'a', text: 'x'.repeat(100_000) });
    await settle();
    expect(device.open).toBe(false);
  });
});

describe('a channel of a plain link', () => {
  it('sends and reads frames as they are', async () => {
    const channel = open(false);
    channel.send({ type: 'command' });
    await send({ type: 'a' }, { type: 'ack', seq: 9 });
    expect(received).toEqual([{ type: 'command' }]);
    expect(await acknowledged()).toEqual([]);
    expect([routed, broken]).toEqual([[{ type: 'a' }], []]);
  });
});

describe('the rate of small frames', () => {
  const FEW = Object.assign(new RelayOptions(), {
    limits: Object.assign(new LimitsOptions(), { framesPerSecond: 10, frameBurst: 20 }),
  });
  const event = (seq: number): object => ({
    seq,
    type: 'x',
    runtime: { agent_id: null, conversation_id: 'c' },
    event_epoch: 'e',
    event_seq: seq,
  });

  it.each([
    ['heartbeats', () => ({ type: 'ping' })],
    ['acknowledgements of nothing', () => ({ type: 'ack', seq: 0, safe: 0 })],
    ['frames that are smaller than any event', (n: number) => ({ seq: n, type: 'x' })],
    ['large messages that are no frames', (n: number) => ({ seq: n, no_type: 'x'.repeat(500) })],
  ])('C36 closes the link of a device that floods with %s, and says when to come back', async (_what, frame) => {
    open(true, true, FEW);
    for (let n = 1; n <= 40; n++) await send(frame(n));
    expect(broken).toEqual([4029]);
    expect(reasons).toEqual(['Retry-After: 2. At most 10 small frames a second.']);
    expect(limited).toEqual(['frames']);
  });

  it('C36 closes that of a plain listener with 1013', async () => {
    open(false, false, FEW);
    for (let n = 1; n <= 40; n++) await send({ type: 'ping' });
    expect(broken).toEqual([1013]);
  });

  it('C36 lets as many pass as the rate gives', async () => {
    open(true, true, FEW);
    for (let n = 1; n <= 20; n++) await send({ type: 'ping' });
    for (let n = 1; n <= 50; n++) {
      await clock.advance(100);
      await send({ type: 'ping' });
    }
    expect(broken).toEqual([]);
  });

  it('C36 never holds up events, however small and fast, nor acknowledgements of what was sent', async () => {
    const channel = open(true, true, FEW);
    for (let n = 1; n <= 200; n++) {
      device.send(JSON.stringify(event(n)));
      channel.send({ type: 'command' });
    }
    await settle();
    const sent = received.filter(({ type }) => type === 'command').length;
    expect(sent).toBe(200);
    for (let n = 1; n <= sent; n++) await send({ type: 'ack', seq: n, safe: 0 });
    for (let n = 1; n <= sent; n++) await send({ type: 'ack', seq: sent, safe: n });
    expect(broken).toEqual([]);
    expect(routed).toHaveLength(200);
  });
});
