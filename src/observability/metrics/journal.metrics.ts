import { Logger } from '@nestjs/common';
import type { Clock, Runtime } from '../../protocol/index.js';
import { LossLog } from '../loss-log.js';
import type { Metrics } from './metrics.js';

/** Events that went by retention. */
interface Drop {
  readonly runtime: Runtime;
  readonly entries: number;
  readonly bytes: number;
  readonly unreleased: number;
}

/** How to speak of a journal. */
interface Telling {
  /** Its subject in log lines: `The journal`. */
  readonly what: string;
  /** What becomes of events that were in memory only when it was closed, as the end of a sentence: `are lost`. */
  readonly unwritten: string;
  /** What to raise where retention takes events that no reader has finished with; undefined: nobody waits for them. */
  readonly raise?: string;
}

/**
 * Counts and logs how a journal on disk is (reliability C32). By its shape the journal's `JournalObserver`.
 */
export class JournalMetrics {
  private readonly log: Logger;
  private readonly events;
  private readonly unread;
  private readonly lostEvents;
  private readonly unreadables;
  private readonly memoryOnly;
  private readonly losses: LossLog;

  /**
   * @param prefix of every name, for instance `twinlane_relay_history`
   */
  constructor(
    metrics: Metrics,
    prefix: string,
    private readonly telling: Telling,
    clock: Clock,
  ) {
    this.log = new Logger(telling.what);
    this.losses = new LossLog(clock, (events, runtimes) =>
      this.log.warn(
        `${telling.what} has let go of ${events} events that the server does not have, of ${runtimes}. To keep more, raise ${telling.raise}.`,
      ),
    );
    this.events = metrics.counter(`${prefix}_dropped_events_total`, 'Events that retention let go of.');
    this.unread = metrics.counter(
      `${prefix}_dropped_unreleased_events_total`,
      'Events among them that no reader had finished with.',
    );
    this.lostEvents = metrics.counter(`${prefix}_lost_events_total`, 'Events in memory only when it was closed.');
    this.unreadables = metrics.counter(`${prefix}_unreadable_total`, 'Reads that the disk refused.');
    this.memoryOnly = metrics.gauge(`${prefix}_degraded`, '1 while the disk fails and events are held in memory.');
    this.memoryOnly.set(0);
  }

  dropped(drops: readonly Drop[]): void {
    for (const { runtime, entries, unreleased } of drops) {
      this.events.inc(entries);
      this.unread.inc(unreleased);
      if (this.telling.raise !== undefined) this.losses.add(runtime, unreleased);
    }
  }

  degraded(error: Error): void {
    this.memoryOnly.set(1);
    this.log.error(
      `${this.telling.what} cannot be written (${error.message}). Events are held in memory until it can be; make room on the disk.`,
    );
  }

  unreadable(error: Error): void {
    this.unreadables.inc();
    this.log.error(`${this.telling.what} cannot be read (${error.message}). What lies there counts as dropped.`);
  }

  recovered(): void {
    this.memoryOnly.set(0);
    this.log.log(`${this.telling.what} is written again, with everything that was held in memory.`);
  }

  lost(entries: number, error: Error): void {
    this.lostEvents.inc(entries);
    const { what, unwritten } = this.telling;
    this.log.error(
      `${what} could not be written when it was closed (${error.message}): ${entries} events ${unwritten}.`,
    );
  }

  unmerged(error: Error): void {
    this.log.warn(
      `${this.telling.what} could not be brought into one file (${error.message}); the next start does it.`,
    );
  }
}
