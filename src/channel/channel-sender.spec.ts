import { describe, expect, it } from 'vitest';
import { MemorySocket } from '../../test/kit/memory-socket.js';
import { ManualClock, settle } from '../../test/kit/manual-clock.js';
import { ChannelSender } from './channel-sender.js';
import type { FrameSource, OutgoingFrame } from './frame-source.js';
import { WINDOW_DEFAULTS } from './window.js';

/** A source with a list of frames; remembers what was confirmed. */
class ListSource implements FrameSource {
  readonly confirmed: string[] = [];

  constructor(
    private readonly name: string,
    private left: number,
    private readonly size = 0,
  ) {}

  next(): OutgoingFrame | undefined {
    if (this.left-- <= 0) return undefined;
    const text = JSON.stringify({ type: this.name, pad: 'x'.repeat(this.size) });
    return { text, confirmed: () => this.confirmed.push(text) };
  }
}

const clock = new ManualClock();

const typesOf = (socket: MemorySocket): unknown[] => socket.frames().map((frame) => frame['type']);

describe('ChannelSender', () => {
  it('takes turns among sources and serves urgent ones first', async () => {
    const [socket] = MemorySocket.pair();
    const sender = new ChannelSender(socket, clock, { bufferBound: 1_000, numbered: false });
    sender.attach(new ListSource('a', 3));
    sender.attach(new ListSource('b', 2));
    sender.attach(new ListSource('now', 2), 'urgent');
    await settle();
    expect(typesOf(socket)).toEqual(['now', 'now', 'a', 'b', 'a', 'b', 'a']);
  });

  it('forgets a source that is idle until it is attached again, and skips no other for it', async () => {
    const [socket] = MemorySocket.pair();
    const sender = new ChannelSender(socket, clock, { bufferBound: 1_000, numbered: false });
    const asked: string[] = [];
    const source = (name: string, texts: string[]) => ({
      next: () => {
        asked.push(name);
        const text = texts.shift();
        return text === undefined ? undefined : { text };
      },
      idle: true,
    });
    const [idle, busy] = [source('idle', []), source('busy', ['{"n":1}'])];
    for (const each of [idle, busy, idle]) sender.attach(each);
    await settle();
    expect(socket.frames().map(({ n }) => n)).toEqual([1]);
    expect(asked).toEqual(['idle', 'busy', 'busy']);
    sender.wake();
    await settle();
    expect(asked).toHaveLength(3);
    sender.attach(idle);
    await settle();
    expect(asked).toEqual(['idle', 'busy', 'busy', 'idle']);
  });

  it('stops at the bound of the buffer and goes on when it has drained', async () => {
    const [socket] = MemorySocket.pair();
    socket.held = true;
    const sender = new ChannelSender(socket, clock, { bufferBound: 250, numbered: false });
    sender.attach(new ListSource('a', 10, 100));
    await settle();
    expect(socket.sent).toHaveLength(3);
    socket.release();
    await settle();
    await settle();
    expect(socket.sent).toHaveLength(10);
  });

  it('numbers frames, confirms them cumulatively, and is bounded by what is in flight once the peer confirms', async () => {
    const [socket] = MemorySocket.pair();
    const sender = new ChannelSender(socket, clock, {
      bufferBound: 10_000,
      window: { floorBytes: 200, maxBytes: 200 },
      numbered: true,
    });
    const first = new ListSource('a', 2);
    sender.attach(first);
    await settle();
    expect(socket.frames().map((frame) => frame['seq'])).toEqual([1, 2]);
    sender.confirmThrough(1);
    expect(first.confirmed).toHaveLength(1);
    sender.attach(new ListSource('b', 5, 100));
    await settle();
    expect(sender.sent).toBe(4);
    sender.confirmThrough(4);
    await settle();
    expect(sender.sent).toBe(6);
    expect(() => sender.confirmThrough(7)).toThrow(RangeError);
  });

  it('gives up the largest frame in flight as if it had been read', async () => {
    const [socket] = MemorySocket.pair();
    const sender = new ChannelSender(socket, clock, { bufferBound: 10_000, numbered: false });
    const [small, large] = [new ListSource('small', 1), new ListSource('large', 1, 500)];
    sender.attach(small);
    sender.attach(large);
    await settle();
    expect(sender.giveUpLargest()).toBeGreaterThan(500);
    expect([small.confirmed.length, large.confirmed.length]).toEqual([0, 1]);
  });

  it('C16 takes turns by bytes: one with large frames gets as much as one with small frames', async () => {
    const [socket] = MemorySocket.pair();
    const sender = new ChannelSender(socket, clock, { bufferBound: 100_000, numbered: false });
    sender.attach(new ListSource('large', 10, 1_000));
    sender.attach(new ListSource('small', 1_000, 80));
    await settle();
    const bytes = { large: 0, small: 0 };
    for (const text of socket.sent.slice(0, 60)) bytes[text.includes('large') ? 'large' : 'small'] += text.length;
    expect(Math.abs(bytes.large - bytes.small)).toBeLessThanOrEqual(1_100);
  });

  it('holds frames back in their sources, so that an urgent one goes ahead of all of them', async () => {
    const [socket] = MemorySocket.pair();
    const window = { floorBytes: 300, maxBytes: 300 };
    const sender = new ChannelSender(socket, clock, { bufferBound: 10_000, window, confirms: true, numbered: true });
    sender.attach(new ListSource('stream', 10, 100));
    await settle();
    expect(typesOf(socket)).toEqual(['stream', 'stream', 'stream']);
    sender.attach(new ListSource('control', 1), 'urgent');
    await settle();
    expect(sender.sent).toBe(3);
    expect(socket.bufferedAmount).toBe(0);
    sender.confirmThrough(1);
    await settle();
    expect(typesOf(socket)).toEqual(['stream', 'stream', 'stream', 'control']);
  });

  it('holds frames back for its pace once the rate is known, but no urgent ones', async () => {
    const time = new ManualClock();
    const [socket] = MemorySocket.pair();
    const window = { floorBytes: 200_000, burstMs: 3 };
    const sender = new ChannelSender(socket, time, { bufferBound: Infinity, numbered: true, confirms: true, window });
    sender.attach(new ListSource('large', Infinity, 4_000));
    await settle();
    // What it has sent is read after 30 ms each time: the rate does not grow.
    let sent = 0;
    for (let round = 0; round < 12; round++) {
      sent = sender.sent;
      await time.advance(30);
      sender.confirmThrough(sent);
      await settle();
    }
    const before = sender.sent;
    sender.attach(new ListSource('now', 1), 'urgent');
    await settle();
    expect(typesOf(socket).slice(before)).toEqual(['now']);
    await time.advance(10);
    await settle();
    expect(sender.sent).toBeGreaterThan(before + 1);
  });

  it('is not slowed down by a peer that never confirms, nor by what it sent before the first confirmation', async () => {
    const [socket] = MemorySocket.pair();
    const sender = new ChannelSender(socket, clock, { bufferBound: 1_000_000, numbered: true });
    const unconfirmed = { left: 10_000, next: () => (unconfirmed.left-- > 0 ? { text: '{"type":"x"}' } : undefined) };
    sender.attach(unconfirmed);
    while (sender.sent < 10_000) await settle();
    expect(sender.unconfirmed).toBeLessThan(5_000);
    sender.confirmThrough(10_000);
    expect(sender.unconfirmed).toBe(0);
    sender.attach(new ListSource('next', 2));
    await settle();
    expect(sender.sent).toBe(10_002);
  });

  it('tells its window and rate, and takes them back at its end; and how long a confirmation took', async () => {
    const [socket] = MemorySocket.pair();
    const time = new ManualClock();
    const sum = { windowBytes: 0, rate: 0 };
    const paceChanged = (windowBytes: number, rate: number): void => {
      sum.windowBytes += windowBytes;
      sum.rate += rate;
    };
    const window = { floorBytes: 1_000, rateSampleMs: 10 };
    const delays: number[] = [];
    const confirmedAfter = (ms: number): void => void delays.push(ms);
    const options = { bufferBound: 1e6, window, confirms: true, numbered: false, paceChanged, confirmedAfter };
    const sender = new ChannelSender(socket, time, options);
    expect(sum).toEqual({ windowBytes: 1_000, rate: 0 });
    sender.attach(new ListSource('a', 20, 100));
    await settle();
    const roundTripMs = 50;
    await time.advance(roundTripMs);
    sender.confirmThrough(sender.sent);
    expect(delays).toEqual([roundTripMs]);
    const sent = socket.sent.reduce((bytes, { length }) => bytes + length, 0);
    const { startGain, ackIntervalMs } = WINDOW_DEFAULTS;
    expect(sum.rate).toBeCloseTo((sent / roundTripMs) * 1_000);
    expect(sum.windowBytes).toBeCloseTo(startGain * (sent / roundTripMs) * (roundTripMs + ackIntervalMs));
    sender.end();
    expect(sum.windowBytes).toBeCloseTo(0);
    expect(sum.rate).toBeCloseTo(0);
  });
});
