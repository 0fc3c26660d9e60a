import { Deque, type JournalEntry } from '../../../../journal/index.js';
import type { BatchEntry } from './history-batch.js';
import type { Keeping } from './keep-names.js';

/** An entry that the stream does not have yet. */
export interface Unacknowledged extends Omit<Keeping, 'keep'> {
  keep: string | undefined;
  readonly position: number;
  /** UTF-16 units of its frame. */
  readonly size: number;
  /** Undefined: too much waits already, and it is read from the journal once it is its turn. */
  readonly entry: JournalEntry | undefined;
}

/** What an entry takes in memory beside its frame, about. */
const ENTRY_BYTES = 200;

/** The newest entries of a journal, up to its head, in the order of positions. */
export class UnacknowledgedEntries {
  private readonly entries = new Deque<Unacknowledged>();

  /** @param counted told how much more waits, or less (bytes) */
  constructor(private readonly counted: (bytes: number) => void) {}

  get first(): Unacknowledged | undefined {
    return this.entries.at(0);
  }

  add(unacknowledged: Unacknowledged): void {
    this.entries.push(unacknowledged);
    this.counted(sizeOf(unacknowledged));
  }

  /** Undefined where the stream had it once. */
  at(position: number): Unacknowledged | undefined {
    const { first } = this;
    return first && this.entries.at(position - first.position);
  }

  /** An entry as the stream is to keep it. */
  stored({ position, seq, through, type, frame }: JournalEntry): BatchEntry {
    const { keep, keepText, drop } = this.at(position) ?? {};
    return { seq, through, type, frame, keep, keepText: keepText === frame ? undefined : keepText, drop };
  }

  /** Those from a position on whose frames are in memory. */
  *heldFrom(position: number): Iterable<JournalEntry> {
    for (let next = this.at(position); next?.entry; next = this.at(next.position + 1)) yield next.entry;
  }

  /** Takes those up to a position from the front. */
  *take(position: number): Iterable<Unacknowledged> {
    for (let { first } = this; first && first.position <= position; first = this.first) {
      this.entries.shift();
      this.counted(-sizeOf(first));
      yield first;
    }
  }

  /** What they keep under this name is over before the stream has it. */
  over(name: string): void {
    const { first } = this;
    for (let next = first; next; next = this.at(next.position + 1)) if (next.keep === name) next.keep = undefined;
  }

  /** Nobody waits for them any more. */
  clear(): void {
    for (let { first } = this; first; first = this.first) {
      this.entries.shift();
      this.counted(-sizeOf(first));
    }
  }
}

function sizeOf({ size }: Unacknowledged): number {
  return ENTRY_BYTES + size;
}
