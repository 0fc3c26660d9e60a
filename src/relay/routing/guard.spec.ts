import { expect, it } from 'vitest';
import { ManualClock } from '../../../test/kit/manual-clock.js';
import { GuardedClock } from './guard.js';

it('a guarded clock rings until it is stopped, and cancels what waits', async () => {
  const clock = new ManualClock();
  const rung: string[] = [];
  const guarded = new GuardedClock(clock, (_doing, run) => run());
  guarded.after(10, () => rung.push('first'));
  guarded.after(10, () => rung.push('cancelled')).cancel();
  guarded.after(20, () => rung.push('second'));
  await clock.advance(15);
  guarded.stop();
  guarded.after(1, () => rung.push('late'));
  await clock.advance(100);
  expect(rung).toEqual(['first']);
});
