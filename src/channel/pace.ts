/**
 * Spreads what is sent over time. Where a peer says seldom what it has read, each such word makes room for much at once: sent in
 * one heap it would stand in the path's queue, and whatever comes next behind it. Times in ms.
 */
export class Pace {
  /** When something may leave again. */
  private freeAt = -Infinity;

  /** @param burstMs what may leave in one go, as time of the pace */
  constructor(private readonly burstMs: number) {}

  /** How long until something may leave. */
  waitMs(now: number): number {
    return Math.max(0, this.freeAt - now);
  }

  /** @param perMs bytes that may leave */
  sent(bytes: number, perMs: number, now: number): void {
    this.freeAt = Math.max(this.freeAt, now - this.burstMs) + bytes / perMs;
  }
}
