import type { Clock } from '../../protocol/index.js';

export interface RateLimitOptions {
  /** How many of one key pass in a second, over time. */
  readonly perSecond: number;
  /** How many of them pass at once, after a pause. */
  readonly burst: number;
  /** Nobody is told to come back later than this, in ms: beyond, moments are given out again, the earliest first. */
  readonly longestWaitMs: number;
}

/** Where one key stands; both of `Clock.elapsed`, in ms. */
interface Mark {
  /** When what has passed would be over, had it come at the rate. */
  spentUntil: number;
  /** When the last one that was refused was told to come back. */
  promisedUntil: number;
}

/** Keys that are remembered before it is looked which can be forgotten. */
const FIRST_SWEEP = 1_024;

/**
 * Holds each of many keys to a rate, with a burst: a token bucket, kept as the time at which it will be full again. Needs no
 * timers, and forgets keys whose bucket is full.
 */
export class RateLimit {
  private readonly marks = new Map<string, Mark>();
  private readonly everyMs: number;
  private readonly burstMs: number;
  private readonly longestWaitMs: number;
  private sweepAt = FIRST_SWEEP;

  constructor(
    private readonly clock: Clock,
    { perSecond, burst, longestWaitMs }: RateLimitOptions,
  ) {
    this.everyMs = 1_000 / perSecond;
    this.longestWaitMs = longestWaitMs;
    this.burstMs = (burst - 1) * this.everyMs;
  }

  /** Keys that are remembered. */
  get size(): number {
    return this.marks.size;
  }

  /**
   * Takes one of this key.
   *
   * @returns 0 when it passes; else after how many ms to try again. Of several that are refused each is told another moment, as far
   * apart as the rate allows, or they would all come back at once, and all but one in vain.
   */
  take(key: string): number {
    const now = this.clock.elapsed();
    const mark = this.markOf(key, now);
    const spentUntil = Math.max(mark.spentUntil, now);
    const waitMs = spentUntil - now - this.burstMs;
    if (waitMs <= 0) {
      mark.spentUntil = spentUntil + this.everyMs;
      return 0;
    }
    const soonest = now + waitMs;
    const promised = Math.max(mark.promisedUntil + this.everyMs, soonest);
    mark.promisedUntil = promised - now > this.longestWaitMs ? soonest : promised;
    return mark.promisedUntil - now;
  }

  private markOf(key: string, now: number): Mark {
    const known = this.marks.get(key);
    if (known) return known;
    if (this.marks.size >= this.sweepAt) this.sweep(now);
    const mark = { spentUntil: now, promisedUntil: now };
    this.marks.set(key, mark);
    return mark;
  }

  private sweep(now: number): void {
    for (const [key, { spentUntil, promisedUntil }] of this.marks)
      if (spentUntil <= now && promisedUntil <= now) this.marks.delete(key);
    this.sweepAt = Math.max(FIRST_SWEEP, 2 * this.marks.size);
  }
}
