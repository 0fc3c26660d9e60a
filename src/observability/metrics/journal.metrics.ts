import { Logger } from '@nestjs/common';
import type { Metrics } from './metrics.js';

/** Events that went by retention. */
interface Drop {
  readonly entries: number;
  readonly bytes: number;
  readonly unreleased: number;
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

  /**
   * @param prefix of every name, for instance `twinlane_relay_history`
   * @param what in log lines, for instance `The journal`
   */
  constructor(
    metrics: Metrics,
    prefix: string,
    private readonly what: string,
  ) {
    this.log = new Logger(what);
    this.events = metrics.counter(`${prefix}_dropped_events_total`, 'Events that retention let go of.');
    this.unread = metrics.counter(
      `${prefix}_dropped_unreleased_events_total`,
      'Events among them that no reader had finished with.',
    );
    this.lostEvents = metrics.counter(`${prefix}_lost_events_total`, 'Events in memory that the disk did not take.');
    this.unreadables = metrics.counter(`${prefix}_unreadable_total`, 'Reads that the disk refused.');
    this.memoryOnly = metrics.gauge(`${prefix}_degraded`, '1 while the disk fails and events are held in memory.');
    this.memoryOnly.set(0);
  }

  dropped(drops: readonly Drop[]): void {
    for (const { entries, unreleased } of drops) {
      this.events.inc(entries);
      this.unread.inc(unreleased);
    }
  }

  degraded(error: Error): void {
    this.memoryOnly.set(1);
    this.log.error(
      `${this.what} cannot be written (${error.message}). Events are held in memory until it can be; make room on the disk.`,
    );
  }

  unreadable(error: Error): void {
    this.unreadables.inc();
    this.log.error(`${this.what} cannot be read (${error.message}). What lies there counts as dropped.`);
  }

  recovered(): void {
    this.memoryOnly.set(0);
    this.log.log(`${this.what} is written again, with everything that was held in memory.`);
  }

  lost(entries: number): void {
    this.lostEvents.inc(entries);
    this.log.error(`${this.what} was closed while the disk failed; ${entries} events are lost.`);
  }
}
