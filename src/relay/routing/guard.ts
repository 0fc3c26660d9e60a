import type { Clock } from '../../protocol/index.js';

/** Runs what a peer caused. Whatever it throws is logged and goes no further: one peer's frame must not end the process. */
export type Guard = (doing: string, run: () => void) => void;

/** A clock whose alarms are guarded: what a timer throws would end the process. */
export function guardedClock(clock: Clock, guard: Guard): Clock {
  return {
    now: () => clock.now(),
    after: (ms, run) => clock.after(ms, () => guard('a timer', run)),
  };
}
