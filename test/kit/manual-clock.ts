import type { Clock, Timer } from '../../src/protocol/index.js';

interface Alarm {
  at: number;
  readonly order: number;
  readonly run: () => void;
}

/** A clock that stands still until a test moves it. */
export class ManualClock implements Clock {
  private time: number;
  private alarms: Alarm[] = [];
  private order = 0;

  constructor(start = Date.UTC(2026, 0, 1)) {
    this.time = start;
  }

  now(): number {
    return this.time;
  }

  elapsed(): number {
    return this.time;
  }

  /** Timers that are set and have not fired: what would keep a process alive. */
  get pending(): number {
    return this.alarms.length;
  }

  after(ms: number, run: () => void): Timer {
    const alarm: Alarm = { at: this.time + Math.max(0, ms), order: this.order++, run };
    this.alarms.push(alarm);
    return { cancel: () => void (this.alarms = this.alarms.filter((other) => other !== alarm)) };
  }

  /** The machine sleeps: the wall clock goes on, timers do not; they keep the wait that was left to them. */
  sleep(ms: number): void {
    this.time += ms;
    for (const alarm of this.alarms) alarm.at += ms;
  }

  /** The event loop stalls: what comes due meanwhile runs late, once time is moved on. */
  stall(ms: number): void {
    this.time += ms;
  }

  /** Moves time on, running what comes due in order and letting promises settle in between. */
  async advance(ms: number): Promise<void> {
    const until = this.time + ms;
    await settle();
    for (;;) {
      const due = this.alarms
        .filter((alarm) => alarm.at <= until)
        .toSorted((a, b) => a.at - b.at || a.order - b.order)[0];
      if (!due) break;
      this.alarms = this.alarms.filter((alarm) => alarm !== due);
      this.time = Math.max(this.time, due.at);
      due.run();
      await settle();
    }
    this.time = until;
  }

  /** Moves time on, a second at a time, for as long as something takes. */
  async during<T>(work: Promise<T>): Promise<T> {
    const going = new AbortController();
    const over = (): void => going.abort();
    void work.then(over, over);
    while (!going.signal.aborted) {
      await this.advance(1_000);
      await new Promise(setImmediate);
    }
    return work;
  }
}

/** Lets every promise that can settle without time or input settle. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 10; i++) await Promise.resolve();
}
