import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../test/kit/manual-clock.js';
import { RECEIPT_DEFAULTS, Receipts, SequenceError } from './receipts.js';

function setUp() {
  const clock = new ManualClock();
  const acks: unknown[] = [];
  const receipts = new Receipts(clock, { send: (ack) => acks.push(JSON.parse(ack)) });
  return { clock, acks, receipts };
}

const ack = (seq: number, safe: number) => ({ type: 'ack', seq, safe });

describe('Receipts', () => {
  it('acknowledges 5 ms after the first frame, what was read and what is safe', async () => {
    const { clock, acks, receipts } = setUp();
    const first = receipts.take(1, 10);
    receipts.take(2, 10);
    first.safe();
    await clock.advance(4);
    expect(acks).toEqual([]);
    await clock.advance(1);
    expect(acks).toEqual([ack(2, 1)]);
    await clock.advance(1_000);
    expect(acks).toHaveLength(1);
  });

  it('acknowledges at once when 32 KiB are unacknowledged', () => {
    const { acks, receipts } = setUp();
    receipts.take(1, RECEIPT_DEFAULTS.ackBytes - 1);
    expect(acks).toEqual([]);
    receipts.take(2, 1);
    expect(acks).toEqual([ack(2, 0)]);
  });

  it('tells later what has become safe; only what is safe without a gap counts', async () => {
    const { clock, acks, receipts } = setUp();
    const [first, second, third] = [receipts.take(1, 1), receipts.take(2, 1), receipts.take(3, 1)];
    await clock.advance(5);
    third.safe();
    second.safe();
    await clock.advance(5);
    expect(acks).toEqual([ack(3, 0)]);
    first.safe();
    first.safe();
    await clock.advance(5);
    expect(acks).toEqual([ack(3, 0), ack(3, 3)]);
  });

  it('stops acknowledging while more than 4 MiB are read but not safe', async () => {
    const { clock, acks, receipts } = setUp();
    const large = receipts.take(1, RECEIPT_DEFAULTS.maxUnsafeBytes);
    expect(acks).toEqual([ack(1, 0)]);
    receipts.take(2, 100);
    await clock.advance(1_000);
    expect(acks).toHaveLength(1);
    large.safe();
    await clock.advance(5);
    expect(acks.at(-1)).toEqual(ack(2, 1));
  });

  it('counts a frame that says no number, and refuses one that is not the next', () => {
    const { receipts } = setUp();
    receipts.take(1, 1);
    receipts.take(undefined, 1);
    expect(() => receipts.take(2, 1)).toThrow(SequenceError);
    expect(() => receipts.take(4, 1)).toThrow('seq 4, but 3');
    expect(() => receipts.take('3', 1)).toThrow(SequenceError);
    receipts.take(3, 1);
  });

  it('says nothing once its socket is closed', async () => {
    const { clock, acks, receipts } = setUp();
    const receipt = receipts.take(1, 1);
    receipts.end();
    receipt.safe();
    await clock.advance(100);
    expect(acks).toEqual([]);
    expect(clock.pending).toBe(0);
  });

  it('knows how far all is safe, of however many and in whatever order they become so', async () => {
    const { clock, acks, receipts } = setUp();
    const all = Array.from({ length: 2_000 }, (_, index) => receipts.take(index + 1, 1));
    const [odd, even] = [all.filter((_, index) => index % 2 === 0), all.filter((_, index) => index % 2 === 1)];
    for (const receipt of even) receipt.safe();
    for (const receipt of odd.slice(0, 700)) receipt.safe();
    await clock.advance(5);
    expect(acks.at(-1)).toEqual(ack(2_000, 1_400));
    for (const receipt of odd) receipt.safe();
    receipts.take(2_001, 1).safe();
    await clock.advance(5);
    expect(acks.at(-1)).toEqual(ack(2_001, 2_001));
  });
});
