import type { Clock } from '../../protocol/index.js';
import type { LimitsOptions } from './limits.options.js';

/**
 * UTF-16 units that every event takes with its envelope alone. Events are held back by the window of their sender and by what is
 * acknowledged, however fast they come, so only what is smaller counts.
 */
export const LEAST_EVENT_LENGTH = 96;

/**
 * Holds one socket to a rate of messages that nothing else holds back: each costs the relay as much as an event, and brings nobody
 * anything.
 */
export class FrameRate {
  /** When what has passed would be over, had it come at the rate; of `Clock.elapsed`. */
  private spentUntil = 0;

  constructor(
    private readonly clock: Clock,
    private readonly limits: Pick<LimitsOptions, 'framesPerSecond' | 'frameBurst'>,
  ) {}

  /** @returns 0 when one more passes; else after how many ms as many pass again as after a pause */
  take(): number {
    const everyMs = 1_000 / this.limits.framesPerSecond;
    const now = this.clock.elapsed();
    const spentUntil = Math.max(this.spentUntil, now);
    if (spentUntil - now > (this.limits.frameBurst - 1) * everyMs) return spentUntil - now;
    this.spentUntil = spentUntil + everyMs;
    return 0;
  }
}

/** What is said to whoever is over it. */
export function tooManyFrames({ framesPerSecond }: Pick<LimitsOptions, 'framesPerSecond'>): string {
  return `At most ${framesPerSecond} small frames a second.`;
}
