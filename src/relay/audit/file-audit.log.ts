import { Logger } from '@nestjs/common';
import { open, type FileHandle } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import { isRecord, type AuditEntry, type AuditPage, type Clock, type Timer } from '../../protocol/index.js';
import { RelayError } from '../relay.error.js';
import { lostEntries } from './audit-entry.js';
import { AuditLog, fits, type AuditQuery } from './audit.log.js';
import type { AuditFiles } from './audit.files.js';
import { linesBackwards } from './lines-backwards.js';

/** Entries that wait to be written; beyond, the newest are lost, and counted. */
const MOST_WAITING = 10_000;
/** Entries written in one go. */
const BATCH = 1_000;
/** After a failure it is tried again this often, in ms. */
const RETRY_MS = 5_000;
/** Bytes that are read for one page: what nothing of fits costs no more, and the next page goes on from there. */
const PAGE_BYTES = 4 * 1_024 * 1_024;
const CURSOR = /^(\d{1,15})\.(\d{1,15})$/;

export interface AuditLogObserver {
  /** The log could not be written. */
  failed(): void;
  /** So many entries will be in no log. */
  lost(entries: number): void;
}

/**
 * Appends entries to files as lines of JSON, many in one go, in order, and never while somebody waits. Entries of the last instant before a
 * `kill -9` or a power cut may be missing.
 */
export class FileAuditLog extends AuditLog {
  private readonly log = new Logger('Audit');
  private readonly waiting: string[] = [];
  private writing: Promise<void> | undefined;
  private retry: Timer | undefined;
  private lost = 0;
  private isFailing = false;
  private isClosed = false;

  constructor(
    private readonly files: AuditFiles,
    private readonly clock: Clock,
    private readonly observer: AuditLogObserver,
    private readonly mostWaiting: number = MOST_WAITING,
    private readonly pageBytes: number = PAGE_BYTES,
  ) {
    super();
  }

  get isKept(): boolean {
    return !this.isFailing;
  }

  record(entry: AuditEntry): void {
    if (this.isClosed) return;
    if (this.waiting.length >= this.mostWaiting) {
      this.lost++;
      return this.observer.lost(1);
    }
    this.waiting.push(lineOf(entry));
    if (!this.isFailing) this.startWriting();
  }

  async list(query: AuditQuery): Promise<AuditPage> {
    const from = readCursor(query.before);
    await this.settled();
    const entries: AuditEntry[] = [];
    let left = this.pageBytes;
    const all = await this.files.begun();
    for (const [index, begun] of [...all.entries()].toReversed()) {
      const next = all[index + 1];
      if (from && begun > from.begun) continue;
      if (query.from !== undefined && next !== undefined && next < query.from) break;
      const file = await openIfThere(this.files.pathOf(begun));
      if (!file) continue;
      try {
        const { size } = await file.stat();
        const end = from?.begun === begun ? Math.min(from.start, size) : size;
        for await (const { text, start } of linesBackwards(file, end)) {
          const entry = readEntry(text);
          if (entry && fits(entry, query)) entries.push(entry);
          left -= text.length;
          if (entries.length === query.limit || left < 0) return { entries, next: `${begun}.${start}` };
        }
      } finally {
        await file.close();
      }
    }
    return { entries, next: null };
  }

  async close(): Promise<void> {
    await this.settled();
    this.isClosed = true;
    this.retry?.cancel();
    await this.files.close();
  }

  /** Resolves when everything recorded so far is kept, or could not be. */
  private async settled(): Promise<void> {
    if (this.waiting.length > 0) this.startWriting();
    await this.writing;
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
        const batch = this.waiting.slice(0, BATCH);
        await this.files.append(batch.join(''));
        this.waiting.splice(0, batch.length);
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
        `The audit log cannot be written: ${String(error)}. Make room on the disk of the relay; it is tried again, and what is missing then is told.`,
      );
    this.isFailing = true;
    if (!this.isClosed) this.retry = this.clock.after(RETRY_MS, () => this.startWriting());
  }

  private recovered(): void {
    if (this.isFailing) this.log.log('The audit log is written again.');
    this.isFailing = false;
    if (this.lost === 0) return;
    this.waiting.push(lineOf(lostEntries(this.lost, this.clock.now())));
    this.lost = 0;
  }
}

function lineOf(entry: AuditEntry): string {
  return `${JSON.stringify(entry)}\n`;
}

/** Undefined for a line that a killed process has not ended. */
function readEntry(text: string): AuditEntry | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) && typeof value['time'] === 'string' ? (value as unknown as AuditEntry) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function readCursor(before: string | undefined): { readonly begun: number; readonly start: number } | undefined {
  if (before === undefined) return undefined;
  const [, begun, start] = CURSOR.exec(before) ?? [];
  if (begun === undefined || start === undefined)
    throw new RelayError('BAD_REQUEST', 'before must be the next of a page.');
  return { begun: Number(begun), start: Number(start) };
}

/** Undefined for one that has just been pruned. */
async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'r');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
