import type { Journal, JournalEntry } from '../../journal/index.js';
import type { Runtime } from '../../protocol/index.js';

/** Entries read in one go, at most. */
const MAX_BATCH = 64;
/** What a reader may hold of a batch while it does not read (UTF-16 units), beside one entry. */
const HELD_BYTES = 64 * 1024;

/** Reads a history forward in batches, so that a disk is asked rarely, and holds little while its reader is slow. */
export class HistoryReader {
  private batch: readonly JournalEntry[] = [];
  private index = 0;
  /** Grows while entries are small: what would be thrown away is not read. */
  private size = 1;

  constructor(
    private readonly journal: Journal,
    private readonly runtime: Runtime,
  ) {}

  /** Whether the first entry after a position was read already. */
  holds(position: number): boolean {
    return (this.batch.at(-1)?.position ?? 0) > position;
  }

  /** The first kept entry after a position; positions never go back. */
  after(position: number): JournalEntry | undefined {
    for (let entry = this.batch[this.index]; entry; entry = this.batch[++this.index])
      if (entry.position > position) return entry;
    this.batch = this.read(position);
    this.index = 0;
    return this.batch[0];
  }

  private read(position: number): readonly JournalEntry[] {
    const entries = this.journal.read(this.runtime, position, this.size);
    let bytes = 0;
    let held = 0;
    for (const { frame } of entries) {
      bytes += frame?.length ?? 0;
      if (bytes > HELD_BYTES) break;
      held++;
    }
    this.size = held < entries.length ? Math.max(1, held) : Math.min(MAX_BATCH, this.size * 2);
    return entries.slice(0, Math.max(1, held));
  }
}
