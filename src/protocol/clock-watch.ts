import type { Clock, Timer } from './clock.js';

/** How often the clock is looked at, in ms. */
const LOOK_EVERY_MS = 5_000;
/** A look that comes this much later than due means that this process did not run meanwhile, in ms. */
export const JUMP_MS = 10_000;

/**
 * Notices that this process did not run for a while: the machine slept, or the event loop stalled. Timers do not tell
 * after a sleep, because they stand still with the machine; the wall clock does (reliability C31).
 *
 * @param jumped told how many ms are missing, within 5 s of waking
 */
export function watchForJumps(clock: Clock, jumped: (missedMs: number) => void): Timer {
  let timer: Timer;
  const look = (): void => {
    const due = clock.now() + LOOK_EVERY_MS;
    timer = clock.after(LOOK_EVERY_MS, () => {
      const missed = clock.now() - due;
      look();
      if (missed >= JUMP_MS) jumped(missed);
    });
  };
  look();
  return { cancel: () => timer.cancel() };
}
