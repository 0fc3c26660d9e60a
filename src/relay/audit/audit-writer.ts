import { Logger } from '@nestjs/common';
import { setImmediate } from 'node:timers/promises';
import type { Clock, Timer } from '../../protocol/index.js';
import { lostEntries } from './audit-entry.js';

/** Entries that wait to be written; beyond, the newest are lost, and counted. */
const MOST_WAITING = 10_000;
/** After a failure it is tried again this often, in ms. */
const RETRY_MS = 5_000;

export interface AuditLogObserver {
  /** The log could not be written. */
  failed(): void;
  /** So many entries will be in no log. */
  lost(entries: number): void;
}

/** Where entries go. */
export interface AuditSink {
  /** What to do when it fails. */
  readonly advice: string;
  /** Keeps the first of these lines of JSON, in order. @returns how many: one at least */
  append(lines: readonly string[]): Promise<number>;
}

/** Brings entries into a log: many in one go, in order, never while somebody waits, and again when that failed. */
export class AuditWriter {
  private readonly log = new Logger('Audit');
  private readonly waiting: string[] = [];
  private writing: Promise<void> | undefined;
  private retry: Timer | undefined;
  private lost = 0;
  private isFailing = false;
  private isClosed = false;

  constructor(
    private readonly sink: AuditSink,
    private readonly clock: Clock,
    private readonly observer: AuditLogObserver,
    private readonly mostWaiting: number = MOST_WAITING,
  ) {}

  /** Whether the newest entries could be kept, as far as is known. */
  get isKept(): boolean {
    return !this.isFailing;
  }

  /** @param line an entry in JSON */
  record(line: string): void {
    if (this.isClosed) return;
    if (this.waiting.length >= this.mostWaiting) {
      this.lost++;
      return this.observer.lost(1);
    }
    this.waiting.push(line);
    if (!this.isFailing) this.startWriting();
  }

  /** Resolves when everything recorded so far is kept, or could not be. */
  async settled(): Promise<void> {
    if (this.waiting.length > 0) this.startWriting();
    await this.writing;
  }

  /** Keeps what was recorded, and takes nothing more. */
  async close(): Promise<void> {
    await this.settled();
    this.isClosed = true;
    this.retry?.cancel();
  }

  private startWriting(): void {
    this.writing ??= this.write().finally(() => {
      this.writing = undefined;
      // Recorded after the last look.
      if (this.waiting.length > 0 && !this.isFailing) this.startWriting();
    });
  }

  /** Never rejects. */
  private async write(): Promise<void> {
    this.retry?.cancel();
    await setImmediate();
    try {
      while (this.waiting.length > 0) {
        this.waiting.splice(0, await this.sink.append(this.waiting));
        this.recovered();
      }
    } catch (error) {
      this.failed(error);
    }
  }

  private failed(error: unknown): void {
    this.observer.failed();
    if (!this.isFailing)
      this.log.error(
        `The audit log cannot be written: ${String(error).replace(/\.$/, '')}. ${this.sink.advice}; it is tried again, and what is missing then is told.`,
      );
    this.isFailing = true;
    if (!this.isClosed) this.retry = this.clock.after(RETRY_MS, () => this.startWriting());
  }

  private recovered(): void {
    if (this.isFailing) this.log.log('The audit log is written again.');
    this.isFailing = false;
    if (this.lost === 0) return;
    this.waiting.push(JSON.stringify(lostEntries(this.lost, this.clock.now())));
    this.lost = 0;
  }
}
