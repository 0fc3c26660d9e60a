import { SYSTEM_CLOCK, type Clock, type Timer } from '../../src/protocol/index.js';

/** Timers from this length on, in ms, wait for the test. */
const LONG_MS = 600_000;

/** The system's clock, but for long timers: they fire when a test says so. */
export class LongTimers implements Clock {
  private readonly set = new Map<object, () => void>();
  private readonly waiting = new Set<() => void>();

  now(): number {
    return SYSTEM_CLOCK.now();
  }

  elapsed(): number {
    return SYSTEM_CLOCK.elapsed();
  }

  after(ms: number, run: () => void): Timer {
    if (ms < LONG_MS) return SYSTEM_CLOCK.after(ms, run);
    const key = {};
    this.set.set(key, run);
    for (const look of this.waiting) look();
    return { cancel: () => void this.set.delete(key) };
  }

  /** Waits until a long timer is set, and fires every one. */
  async fire(): Promise<void> {
    await new Promise<void>((resolve) => {
      const look = (): void => {
        if (this.set.size === 0) return;
        this.waiting.delete(look);
        resolve();
      };
      this.waiting.add(look);
      look();
    });
    const due = new Map(this.set);
    this.set.clear();
    for (const run of due.values()) run();
  }
}
