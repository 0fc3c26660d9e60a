import type { Clock, Timer } from '../../protocol/index.js';

/** Runs what a peer caused. Whatever it throws is logged and goes no further: one peer's frame must not end the process. */
export type Guard = (doing: string, run: () => void) => void;

/** A clock whose alarms are guarded, because what a timer throws would end the process, and that can be stopped. */
export class GuardedClock implements Clock {
  private readonly alarms = new Set<Timer>();
  private isStopped = false;

  constructor(
    private readonly clock: Clock,
    private readonly guard: Guard,
  ) {}

  now(): number {
    return this.clock.now();
  }

  elapsed(): number {
    return this.clock.elapsed();
  }

  after(ms: number, run: () => void): Timer {
    if (this.isStopped) return { cancel: () => {} };
    const timer = this.clock.after(ms, () => {
      this.alarms.delete(alarm);
      this.guard('a timer', run);
    });
    const alarm: Timer = {
      cancel: () => {
        this.alarms.delete(alarm);
        timer.cancel();
      },
    };
    this.alarms.add(alarm);
    return alarm;
  }

  /** No alarm goes off any more, and none keeps the process alive. */
  stop(): void {
    this.isStopped = true;
    for (const alarm of this.alarms) alarm.cancel();
  }
}
