import type { Clock } from '../protocol/index.js';

/** One time for all that happens in the same breath: to ask for it each time costs as much as an append. */
export class Breath {
  private at: number | undefined;

  constructor(private readonly clock: Clock) {}

  /** Epoch ms. */
  get now(): number {
    if (this.at === undefined) {
      this.at = this.clock.now();
      queueMicrotask(() => (this.at = undefined));
    }
    return this.at;
  }
}
