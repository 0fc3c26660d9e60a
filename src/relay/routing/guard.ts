import type { Clock, Timer } from '../../protocol/index.js';

/** Runs what a peer caused. Whatever it throws is logged and goes no further: one peer's frame must not end the process. */
export type Guard = (doing: string, run: () => void) => void;

/** A clock whose alarms are guarded, because what a timer throws would end the process, and which all go with their owner. */
export class GuardedClock implements Clock {
  private readonly pending = new Set<Timer>();

  constructor(
    private readonly clock: Clock,
    private readonly guard: Guard,
  ) {}

  now(): number {
    return this.clock.now();
  }

  after(ms: number, run: () => void): Timer {
    const alarm = this.clock.after(ms, () => {
      this.pending.delete(timer);
      this.guard('a timer', run);
    });
    const timer: Timer = {
      cancel: () => {
        this.pending.delete(timer);
        alarm.cancel();
      },
    };
    this.pending.add(timer);
    return timer;
  }

  /** Nothing that was set rings any more. */
  stop(): void {
    for (const timer of this.pending) timer.cancel();
  }
}
