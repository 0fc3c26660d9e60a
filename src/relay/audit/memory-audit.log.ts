import type { AuditEntry, AuditPage } from '../../protocol/index.js';
import { RelayError } from '../relay.error.js';
import { AuditLog, fits, type AuditQuery } from './audit.log.js';

/** Entries that are kept. */
const MOST_ENTRIES = 10_000;

/** Keeps the newest entries in this process: they end with it. */
export class MemoryAuditLog extends AuditLog {
  private readonly entries: AuditEntry[] = [];
  /** Of the first entry that is still here. */
  private first = 0;

  constructor(private readonly most: number = MOST_ENTRIES) {
    super();
  }

  get isKept(): boolean {
    return true;
  }

  record(entry: AuditEntry): void {
    this.entries.push(entry);
    if (this.entries.length <= this.most) return;
    this.entries.shift();
    this.first++;
  }

  async list(query: AuditQuery): Promise<AuditPage> {
    const entries: AuditEntry[] = [];
    for (let at = this.endOf(query) - 1; at >= this.first; at--) {
      const entry = this.entries[at - this.first];
      if (!entry || !fits(entry, query)) continue;
      entries.push(entry);
      if (entries.length === query.limit) return { entries, next: String(at) };
    }
    return { entries, next: null };
  }

  async close(): Promise<void> {}

  private endOf({ before }: AuditQuery): number {
    const newest = this.first + this.entries.length;
    if (before === undefined) return newest;
    if (!/^\d{1,15}$/.test(before)) throw new RelayError('BAD_REQUEST', 'before must be the next of a page.');
    return Math.min(Number(before), newest);
  }
}
