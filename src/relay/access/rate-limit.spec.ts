import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../../test/kit/manual-clock.js';
import { RateLimit } from './rate-limit.js';

function limit(perSecond: number, burst: number, longestWaitMs = 60_000) {
  const clock = new ManualClock();
  const rate = new RateLimit(clock, { perSecond, burst, longestWaitMs });
  const passed = (times: number, key = 'a'): number =>
    Array.from({ length: times }, () => rate.take(key)).filter((waitMs) => waitMs === 0).length;
  return { clock, rate, passed };
}

describe('RateLimit', () => {
  it('lets a burst pass, and then as many as the rate gives', async () => {
    const { clock, passed } = limit(100, 5);
    expect(passed(20)).toBe(5);
    await clock.advance(30);
    expect(passed(20)).toBe(3);
    await clock.advance(60_000);
    expect(passed(20)).toBe(5);
  });

  it('holds keys apart', () => {
    const { passed } = limit(1, 2);
    expect(passed(5, 'a')).toBe(2);
    expect(passed(5, 'b')).toBe(2);
  });

  it('tells each that is refused a moment of its own, at which it passes', async () => {
    const { clock, rate, passed } = limit(100, 3);
    passed(3);
    expect(Array.from({ length: 4 }, () => rate.take('a'))).toEqual([10, 20, 30, 40]);
    for (let i = 0; i < 4; i++) {
      await clock.advance(10);
      expect(rate.take('a')).toBe(0);
    }
    expect(rate.take('a')).toBe(10);
  });

  it('C36 tells nobody to come back later than the longest wait, however many were refused', async () => {
    const { clock, rate, passed } = limit(100, 1, 30);
    passed(1);
    expect(Array.from({ length: 7 }, () => rate.take('a'))).toEqual([10, 20, 30, 10, 20, 30, 10]);
    for (let i = 0; i < 100_000; i++) expect(rate.take('a')).toBeLessThanOrEqual(30);
    await clock.advance(30);
    expect(rate.take('a')).toBe(0);
  });

  it('forgets keys that have not been heard of for a while', async () => {
    const { clock, rate } = limit(10, 1);
    for (let i = 0; i < 1_500; i++) rate.take(`key-${i}`);
    await clock.advance(1_000);
    for (let i = 0; i < 1_500; i++) rate.take(`other-${i}`);
    expect(rate.size).toBeLessThanOrEqual(2_048);
  });

  it('never lets more pass than burst and rate together, in any stretch of time', async () => {
    const steps = fc.array(fc.record({ waitMs: fc.nat(500), times: fc.integer({ min: 1, max: 30 }) }), {
      maxLength: 40,
    });
    await fc.assert(
      fc.asyncProperty(steps, async (each) => {
        const { clock, passed } = limit(50, 10);
        const begun = clock.elapsed();
        let all = 0;
        for (const { waitMs, times } of each) {
          await clock.advance(waitMs);
          all += passed(times);
          expect(all).toBeLessThanOrEqual(10 + ((clock.elapsed() - begun) * 50) / 1_000);
        }
      }),
      { seed: 1 },
    );
  });
});
