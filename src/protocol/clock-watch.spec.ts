import { expect, it } from 'vitest';
import { ManualClock } from '../../test/kit/manual-clock.js';
import { watchForJumps } from './clock-watch.js';

it('C31 notices a sleep and a stall soon after, once each, and nothing else', async () => {
  const clock = new ManualClock();
  const jumps: number[] = [];
  const watch = watchForJumps(clock, (missedMs) => jumps.push(missedMs));
  await clock.advance(60_000);
  clock.stall(9_000);
  await clock.advance(60_000);
  clock.sleep(-3_600_000);
  await clock.advance(60_000);
  expect(jumps).toEqual([]);
  clock.sleep(3_600_000);
  await clock.advance(5_000);
  expect(jumps).toEqual([3_600_000]);
  clock.stall(120_000);
  await clock.advance(60_000);
  expect(jumps).toHaveLength(2);
  watch.cancel();
  clock.sleep(3_600_000);
  await clock.advance(60_000);
  expect(jumps).toHaveLength(2);
});
