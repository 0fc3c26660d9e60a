import { open, type FileHandle } from 'node:fs/promises';
import type { AuditEntry, AuditPage, Clock } from '../../protocol/index.js';
import { RelayError } from '../relay.error.js';
import { readEntry } from './audit-entry.js';
import { AuditWriter, type AuditLogObserver } from './audit-writer.js';
import { AuditLog, fits, type AuditQuery } from './audit.log.js';
import type { AuditFiles } from './audit.files.js';
import { linesBackwards } from './lines-backwards.js';

/** Entries written in one go. */
const BATCH = 1_000;
/** Bytes that are read for one page: what nothing of fits costs no more, and the next page goes on from there. */
const PAGE_BYTES = 4 * 1_024 * 1_024;
const CURSOR = /^(\d{1,15})\.(\d{1,15})$/;

/**
 * Appends entries to files as lines of JSON, many in one go, in order, and never while somebody waits. Entries of the last instant before a
 * `kill -9` or a power cut may be missing.
 */
export class FileAuditLog extends AuditLog {
  private readonly writer: AuditWriter;

  constructor(
    private readonly files: AuditFiles,
    clock: Clock,
    observer: AuditLogObserver,
    mostWaiting?: number,
    private readonly pageBytes: number = PAGE_BYTES,
  ) {
    super();
    const advice = 'Make room on the disk of the relay';
    this.writer = new AuditWriter({ advice, append: (lines) => this.append(lines) }, clock, observer, mostWaiting);
  }

  get isKept(): boolean {
    return this.writer.isKept;
  }

  record(entry: AuditEntry): void {
    this.writer.record(JSON.stringify(entry));
  }

  async list(query: AuditQuery): Promise<AuditPage> {
    const from = readCursor(query.before);
    await this.writer.settled();
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
    await this.writer.close();
    await this.files.close();
  }

  private async append(lines: readonly string[]): Promise<number> {
    const batch = lines.slice(0, BATCH);
    await this.files.append(batch.map((line) => `${line}\n`).join(''));
    return batch.length;
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
