import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PacedTransfer, perMs, type Stretch } from '../../test/kit/paced-transfer.js';
import { PING_DEFAULTS, PLAIN_WINDOW } from './ping-confirmation.js';
import { WINDOW_DEFAULTS } from './window.js';

const { gain, floorBytes, ackIntervalMs, drainAfterMs } = WINDOW_DEFAULTS;
const SECOND = 1_000;
const UNBOUNDED = { maxBytes: Infinity };
/** Samples of the rate are too high by as much, where few frames lie between two acknowledgements. */
const SLACK = 1.1;
/** Of frames that are large for the link, two may wait beyond what the window holds. */
const FRAMES_WAITING = 2;
/** Bytes, where frames differ in size. */
const LEAST_FRAME = 100;

interface PathCase {
  readonly mbit: number;
  readonly roundTripMs: number;
  readonly frame: number;
  readonly late: number;
  readonly seed: number;
}

/** How long the queue may be: what the window holds beyond the path itself, and two frames. Times in ms. */
function longestWait(mbit: number, roundTripMs: number, frameBytes = 1_000): number {
  // Of the least round trip that is measured, one wait for an acknowledgement may be part.
  const formula = gain * SLACK * (roundTripMs + 2 * ackIntervalMs) - roundTripMs;
  const floor = floorBytes / perMs(mbit);
  return Math.max(formula, floor) + (FRAMES_WAITING * frameBytes) / perMs(mbit);
}

/** A generator of numbers in [0, 1) that is the same in every run. */
function dice(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 16_807) % 2_147_483_647) / 2_147_483_647;
}

describe('what the window makes of a path', () => {
  const paths = [1, 5, 20, 100, 1_000].flatMap((mbit) =>
    [0.1, 1, 10, 30, 100, 300].map((roundTripMs) => ({ mbit, roundTripMs })),
  );

  it.each(paths)('fills $mbit Mbit/s at $roundTripMs ms, with a short queue', async ({ mbit, roundTripMs }) => {
    // A frame is at most a tenth of a ms here, so that the largest links do not take the longest.
    const frameBytes = (): number => Math.max(1_000, perMs(mbit) / 10);
    const transfer = new PacedTransfer({ mbit, roundTripMs, frameBytes, window: UNBOUNDED });
    await transfer.pass(SECOND + 20 * roundTripMs);
    const { share, waitP99Ms } = await transfer.pass(2 * SECOND);
    expect(share).toBeGreaterThan(0.95);
    expect(waitP99Ms).toBeLessThan(longestWait(mbit, roundTripMs, frameBytes()));
  });

  it('keeps less than 20 ms waiting at 20 Mbit/s and 20 ms', async () => {
    const transfer = new PacedTransfer({ mbit: 20, roundTripMs: 20 });
    await transfer.pass(SECOND);
    expect((await transfer.pass(10 * SECOND)).waitP99Ms).toBeLessThan(20);
  });

  it('holds no whole ack interval where acknowledgements come long before it is over', async () => {
    const transfer = new PacedTransfer({ mbit: 1_000, roundTripMs: 0.1, frameBytes: () => 4_000 });
    await transfer.pass(SECOND / 4);
    expect((await transfer.pass(SECOND / 4)).share).toBeGreaterThan(0.95);
    expect(transfer.windowBytes).toBeLessThan((perMs(1_000) * ackIntervalMs) / 2);
  });

  it('fills any path, whatever its frames and however late acknowledgements are', async () => {
    const path = fc.record({
      mbit: fc.double({ min: 1, max: 200, noNaN: true }),
      roundTripMs: fc.double({ min: 0.1, max: 200, noNaN: true }),
      frame: fc.integer({ min: 100, max: 8_000 }),
      late: fc.double({ min: 0, max: 2, noNaN: true }),
      seed: fc.integer({ min: 1, max: 1_000_000 }),
    });
    const check = async ({ mbit, roundTripMs, frame, late, seed }: PathCase): Promise<void> => {
      const roll = dice(seed);
      const frameBytes = (): number => LEAST_FRAME + Math.floor(roll() * frame);
      const transfer = new PacedTransfer({ mbit, roundTripMs, frameBytes, lateMs: () => late * roll() });
      await transfer.pass(SECOND + 20 * roundTripMs);
      const { share, waitP99Ms } = await transfer.pass(SECOND);
      // Bytes count when their frame has come whole.
      expect(share).toBeGreaterThan(0.95 - (LEAST_FRAME + frame) / (perMs(mbit) * SECOND));
      expect(waitP99Ms).toBeLessThan(SLACK * longestWait(mbit, roundTripMs, LEAST_FRAME + frame) + gain * late);
    };
    await fc.assert(fc.asyncProperty(path, check), { seed: 1, numRuns: 20 });
  });
});

describe('what changes on the way', () => {
  it('has a new socket at its rate within a few round trips', async () => {
    const transfer = new PacedTransfer({ mbit: 100, roundTripMs: 50 });
    expect(transfer.windowBytes).toBe(floorBytes);
    await transfer.pass(12 * 50);
    expect((await transfer.pass(SECOND)).share).toBeGreaterThan(0.95);
    expect(new PacedTransfer({ mbit: 100, roundTripMs: 50 }).windowBytes).toBe(floorBytes);
  });

  it('ends 10 minutes of saturation with no larger a window than the first 10 s', async () => {
    const transfer = new PacedTransfer({ mbit: 5, roundTripMs: 20, frameBytes: () => 2_000 });
    await transfer.pass(10 * SECOND);
    const { windowBytes } = transfer;
    const { share, waitP99Ms } = await transfer.pass(590 * SECOND);
    expect(transfer.windowBytes).toBeLessThanOrEqual(windowBytes);
    expect(share).toBeGreaterThan(0.99);
    expect(waitP99Ms).toBeLessThan(longestWait(5, 20, 2_000));
  });

  it.each([1, 30, 150])('follows a rate that falls and rises, at %d ms', async (roundTripMs) => {
    const transfer = new PacedTransfer({ mbit: 50, roundTripMs });
    await transfer.pass(5 * SECOND);
    transfer.there.perMs = perMs(5);
    await transfer.pass(4 * SECOND);
    const slow = await transfer.pass(5 * SECOND);
    expect(slow.share).toBeGreaterThan(0.95);
    expect(slow.waitP99Ms).toBeLessThan(longestWait(5, roundTripMs));
    // Past the drain that such a fall causes, which finds nothing: the queue is as short as before.
    const { windowBytes } = transfer;
    await transfer.pass(10 * SECOND);
    expect(transfer.windowBytes).toBeCloseTo(windowBytes, -3);
    transfer.there.perMs = perMs(100);
    await transfer.pass(3 * SECOND);
    const fast = await transfer.pass(SECOND);
    expect(fast.share).toBeGreaterThan(0.95);
    expect(fast.waitP99Ms).toBeLessThan(longestWait(100, roundTripMs));
  });

  it('learns a longer round trip in a drain, 10 s after the rate has fallen, and not before', async () => {
    const transfer = new PacedTransfer({ mbit: 20, roundTripMs: 10 });
    await transfer.pass(5 * SECOND);
    transfer.there.delayMs = transfer.back.delayMs = 50;
    await transfer.pass(drainAfterMs - SECOND);
    expect(transfer.windowBytes).toBe(floorBytes);
    await transfer.pass(4 * SECOND);
    const { share, waitP99Ms } = await transfer.pass(4 * SECOND);
    expect(share).toBeGreaterThan(0.95);
    expect(waitP99Ms).toBeLessThan(longestWait(20, 100 + ackIntervalMs));
  });

  it('takes a round trip that has become shorter at once', async () => {
    const transfer = new PacedTransfer({ mbit: 20, roundTripMs: 100 });
    transfer.available = 0;
    transfer.offer(1_000_000);
    await transfer.pass(5 * SECOND);
    const { windowBytes } = transfer;
    transfer.there.delayMs = transfer.back.delayMs = 5;
    transfer.offer(1e9);
    await transfer.pass(SECOND);
    expect(transfer.windowBytes).toBeLessThan(windowBytes / 3);
    expect((await transfer.pass(SECOND)).share).toBeGreaterThan(0.95);
  });

  it("gives up somebody else's queue once it is gone", async () => {
    const transfer = new PacedTransfer({ mbit: 20, roundTripMs: 20 });
    await transfer.pass(5 * SECOND);
    const { windowBytes } = transfer;
    let isThere = true;
    const intrude = (): void => {
      transfer.socket.intrude(1_500);
      if (isThere) transfer.time.after((1_500 / perMs(20)) * 0.95, intrude);
    };
    intrude();
    await transfer.pass(60 * SECOND);
    // It has held its own against it.
    expect(transfer.windowBytes).toBeGreaterThan(4 * windowBytes);
    isThere = false;
    await transfer.pass(WINDOW_DEFAULTS.recheckMs + 5 * SECOND);
    expect(transfer.windowBytes).toBeCloseTo(windowBytes, -3);
    expect((await transfer.pass(5 * SECOND)).waitP99Ms).toBeLessThan(longestWait(20, 20));
  });
});

describe('what says nothing of the path', () => {
  it('keeps its window while the sender has little or nothing to send, and is at its rate again at once', async () => {
    const transfer = new PacedTransfer({ mbit: 20, roundTripMs: 30 });
    transfer.available = 0;
    transfer.offer(5_000_000);
    await transfer.pass(5 * SECOND);
    const { windowBytes } = transfer;
    for (let i = 0; i < 600; i++) {
      transfer.offer(2_000);
      await transfer.pass(100);
    }
    expect(transfer.windowBytes).toBeCloseTo(windowBytes, -2);
    await transfer.pass(10 * 60 * SECOND);
    transfer.offer(1e9);
    await transfer.pass(30);
    expect((await transfer.pass(SECOND)).share).toBeGreaterThan(0.95);
    expect(transfer.windowBytes).toBeCloseTo(windowBytes, -2);
  });

  it('begins no drain while it is at its rate', async () => {
    const transfer = new PacedTransfer({ mbit: 10, roundTripMs: 40 });
    await transfer.pass(2 * SECOND);
    let least = Infinity;
    for (let i = 0; i < 600; i++) {
      await transfer.pass(50);
      least = Math.min(least, transfer.windowBytes);
    }
    expect(least).toBeGreaterThan(perMs(10) * 40);
  });

  it('is not made larger by acknowledgements that come in heaps', async () => {
    const transfer = new PacedTransfer({ mbit: 20, roundTripMs: 20 });
    await transfer.pass(3 * SECOND);
    const { windowBytes } = transfer;
    const block = (): void => {
      transfer.back.blockedUntil = transfer.time.elapsed() + 60;
      transfer.time.after(200, block);
    };
    block();
    await transfer.pass(20 * SECOND);
    expect(transfer.windowBytes).toBeCloseTo(windowBytes, -3);
  });

  it('is filled by a path whose delays vary', async () => {
    const roll = dice(7);
    const transfer = new PacedTransfer({ mbit: 20, roundTripMs: 30, lateMs: () => 10 * roll() });
    transfer.there.jitterMs = () => 10 * roll();
    await transfer.pass(2 * SECOND);
    expect((await transfer.pass(10 * SECOND)).share).toBeGreaterThan(0.95);
  });

  it.each([16_000, 20_000, 65_536, 500_000])('sends frames of %d, larger than the window or not', async (bytes) => {
    const transfer = new PacedTransfer({ mbit: 20, roundTripMs: 5, frameBytes: () => bytes });
    await transfer.pass(2 * SECOND);
    const { share, waitMaxMs } = await transfer.pass(10 * SECOND);
    expect(share).toBeGreaterThan(0.9);
    expect(waitMaxMs).toBeLessThan(longestWait(20, 5, bytes) + bytes / perMs(20));
  });

  it('never exceeds its hard bound by more than a frame', async () => {
    const transfer = new PacedTransfer({ mbit: 100, roundTripMs: 100, window: { maxBytes: 100_000 } });
    await transfer.pass(5 * SECOND);
    expect(transfer.windowBytes).toBe(100_000);
    expect((await transfer.pass(SECOND)).share).toBeLessThan(0.1);
  });
});

describe('a plain link, on which pongs say what was read', () => {
  const paths = [5, 20, 100].flatMap((mbit) => [0.1, 30, 100].map((roundTripMs) => ({ mbit, roundTripMs })));

  it.each(paths)('fills $mbit Mbit/s at $roundTripMs ms, with a short queue', async ({ mbit, roundTripMs }) => {
    const shape = { mbit, roundTripMs, window: UNBOUNDED, link: 'plain' } as const;
    const transfer = new PacedTransfer(shape);
    await transfer.pass(SECOND + 20 * roundTripMs);
    const { share, waitP99Ms } = await transfer.pass(5 * SECOND);
    expect(share).toBeGreaterThan(0.9);
    const held = gain * SLACK * (roundTripMs + PLAIN_WINDOW.ackIntervalMs) - roundTripMs;
    expect(waitP99Ms).toBeLessThan(held + longestWait(mbit, 0));
  });

  it('C16 spreads what a pong makes room for, so that hardly more waits than where frames are acknowledged', async () => {
    const [paced, inHeaps] = [PLAIN_WINDOW.burstMs, Infinity].map(
      (burstMs) => new PacedTransfer({ mbit: 20, roundTripMs: 2, link: 'plain', window: { burstMs } }),
    );
    const stretches: (Stretch | undefined)[] = [];
    for (const transfer of [paced, inHeaps]) {
      await transfer?.pass(SECOND);
      stretches.push(await transfer?.pass(5 * SECOND));
    }
    const [spread, heaps] = stretches;
    expect(spread?.share).toBeGreaterThan(0.99);
    expect(spread?.waitP99Ms).toBeLessThan(0.6 * (heaps?.waitP99Ms ?? 0));
  });

  it.each(['plain', 'resumable'] as const)(
    'ends its start also with a source that gives in heaps: %s',
    async (link) => {
      const held = async (isSteady: boolean): Promise<number> => {
        const transfer = new PacedTransfer({ mbit: 100, roundTripMs: 2, link });
        for (let i = 0; i < 2 * SECOND; i++) {
          if (!isSteady) transfer.available = 96 * 1024;
          transfer.sender.wake();
          await transfer.pass(1);
        }
        return transfer.windowBytes;
      };
      expect(await held(false)).toBeLessThan(SLACK * (await held(true)));
    },
  );

  it('begins with the floor, and is bounded by its buffer only where no pong comes soon', async () => {
    const near = new PacedTransfer({ mbit: 20, roundTripMs: 20, link: 'plain', queueMs: 200 });
    expect((await near.pass(2 * SECOND)).waitMaxMs).toBeLessThan(80);
    const far = new PacedTransfer({ mbit: 20, roundTripMs: 600, link: 'plain', queueMs: 200 });
    await far.pass(PING_DEFAULTS.firstPongMs - 10);
    expect(far.socket.bufferedAmount).toBe(0);
    await far.pass(20);
    expect(far.socket.bufferedAmount).toBeGreaterThan(500_000);
  });
});
