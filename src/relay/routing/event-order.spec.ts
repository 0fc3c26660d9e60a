import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../../test/kit/manual-clock.js';
import { EventOrder } from './event-order.js';

const LIMITS = { waitMs: 1_000, maxWaiting: 100, maxWaitingBytes: 1_000 };

function order(expected?: number, limits: Partial<typeof LIMITS> = {}) {
  const clock = new ManualClock();
  const delivered: number[] = [];
  const skipped: string[] = [];
  const late: number[] = [];
  const events = new EventOrder<string>(
    clock,
    { ...LIMITS, ...limits },
    {
      deliver: (_item, number) => void delivered.push(number),
      skipped: (from, to) => void skipped.push(`${from}-${to}`),
      late: (_item, number) => void late.push(number),
      sizeOf: (item) => item.length,
    },
    expected,
  );
  return { clock, events, delivered, skipped, late };
}

/** Two sockets' worth of consecutive numbers, merged in any way that keeps each socket's own order. */
const interleavings = fc
  .array(fc.boolean(), { minLength: 1, maxLength: 60 })
  .chain((isControl) => fc.tuple(fc.constant(isControl), fc.array(fc.boolean(), { minLength: 120, maxLength: 120 })))
  .map(([isControl, picks]) => {
    const numbers = isControl.map((control, index) => ({ number: index + 1, control: index > 0 && control }));
    const queues = [numbers.filter((n) => n.control), numbers.filter((n) => !n.control)];
    const merged: typeof numbers = [];
    for (const pick of picks) {
      const next = queues[pick ? 0 : 1]?.shift() ?? queues[pick ? 1 : 0]?.shift();
      if (next) merged.push(next);
    }
    return { merged, count: numbers.length };
  });

describe('EventOrder', () => {
  it('C03 gives back the order of the device for any interleaving of two sockets, nothing twice', async () => {
    await fc.assert(
      fc.asyncProperty(interleavings, async ({ merged, count }) => {
        const { events, delivered, late, clock } = order();
        for (const { number, control } of merged) events.add(number, 'x', !control);
        await clock.advance(LIMITS.waitMs);
        expect(delivered).toEqual(Array.from({ length: count }, (_, index) => index + 1));
        expect(late).toEqual([]);
      }),
      { seed: 1 },
    );
  });

  it('delivers rising numbers only, each once, whatever comes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(40), { maxLength: 80 }), async (numbers) => {
        const { events, delivered, late, clock } = order(1);
        for (const number of numbers) events.add(number, 'x');
        await clock.advance(LIMITS.waitMs);
        expect(delivered).toEqual([...new Set(delivered)].toSorted((a, b) => a - b));
        expect(delivered.length + late.length).toBe(numbers.length);
      }),
      { seed: 1 },
    );
  });

  it('waits for what is missing, and no longer than told', async () => {
    const { events, delivered, skipped, clock } = order(1);
    events.add(3, 'x');
    await clock.advance(LIMITS.waitMs - 1);
    expect(delivered).toEqual([]);
    await clock.advance(1);
    expect(delivered).toEqual([3]);
    expect(skipped).toEqual(['1-2']);
  });

  it('gives each item its own time to wait', async () => {
    const { events, delivered, clock } = order(1);
    events.add(3, 'x');
    await clock.advance(LIMITS.waitMs / 2);
    events.add(6, 'x');
    await clock.advance(LIMITS.waitMs / 2);
    expect(delivered).toEqual([3]);
    await clock.advance(LIMITS.waitMs / 2);
    expect(delivered).toEqual([3, 6]);
  });

  it('begins with the first number of the socket that decides, after what came before it', () => {
    const { events, delivered } = order();
    events.add(4, 'x');
    events.add(9, 'x');
    events.add(7, 'x', true);
    expect(delivered).toEqual([4, 7]);
    events.add(8, 'x', true);
    expect(delivered).toEqual([4, 7, 8, 9]);
  });

  it('begins by itself when the socket that decides stays silent', async () => {
    const { events, delivered, clock } = order();
    events.add(5, 'x');
    events.add(4, 'x');
    await clock.advance(LIMITS.waitMs);
    expect(delivered).toEqual([4, 5]);
  });

  it('is bounded in items and in bytes', () => {
    const items = order(1, { maxWaiting: 2 });
    for (const number of [3, 5, 7]) items.events.add(number, 'x');
    expect(items.delivered).toEqual([3]);
    const bytes = order(1, { maxWaitingBytes: 10 });
    for (const number of [3, 5]) bytes.events.add(number, 'x'.repeat(8));
    expect(bytes.delivered).toEqual([3]);
  });

  it('forgets its numbering on restart, and hands on what waited', () => {
    const { events, delivered } = order(1);
    events.add(3, 'x');
    events.restart();
    events.add(1, 'x', true);
    expect(delivered).toEqual([3, 1]);
  });
});
