import { missingBetween, type Journal, type JournalEntry, type Numbers } from '../../journal/index.js';
import type { Runtime } from '../../protocol/index.js';

/** The part of an event's name that is its own: which process of the listener, and its number there. */
export interface EventPlace {
  readonly epoch: string;
  readonly seq: number;
}

interface EpochSpan {
  readonly epoch: string;
  readonly first: number;
  last: number;
}

/** The relay's copy of one runtime's journal, from which clients read. */
export class RuntimeHistory {
  /** Oldest first. */
  private readonly spans: EpochSpan[] = [];
  private readonly readers = new Set<() => void>();

  constructor(
    readonly runtime: Runtime,
    private readonly journal: Journal,
  ) {}

  /** Position of the newest entry. */
  get head(): number {
    return this.journal.bounds(this.runtime).head;
  }

  /** Name of the newest entry; undefined before the first. */
  get newest(): EventPlace | undefined {
    const span = this.spans.at(-1);
    return span && { epoch: span.epoch, seq: span.last };
  }

  get hasReaders(): boolean {
    return this.readers.size > 0;
  }

  /** The last number of an epoch, kept or not any more; undefined for an epoch never seen. */
  lastOf(epoch: string): number | undefined {
    return this.spanOf(epoch)?.last;
  }

  append({ epoch, seq }: EventPlace, type: string, frame: string): void {
    this.added(this.journal.append(this.runtime, { epoch, seq, type, frame }));
  }

  appendGap(gap: Numbers): void {
    this.added(this.journal.appendGap(this.runtime, gap));
  }

  /** The first kept entry after a position. */
  after(position: number): JournalEntry | undefined {
    return this.journal.read(this.runtime, position, 1)[0];
  }

  /** Position of the entry that holds an event; undefined when it is not kept. */
  find({ epoch, seq }: EventPlace): number | undefined {
    return this.journal.find(this.runtime, epoch, seq);
  }

  /** Whether a reader that stands at this position has all that follows before it. */
  keepsAfter(position: number): boolean {
    return position + 1 >= this.journal.bounds(this.runtime).oldest;
  }

  /** Position of the last entry of an epoch. */
  endOf(epoch: string): number | undefined {
    return this.journal.last(this.runtime, epoch)?.position;
  }

  /** What lies between the last event a reader has and an entry, and is no longer kept. Undefined: the reader has none. */
  between(last: EventPlace | undefined, entry: JournalEntry): Numbers[] {
    const spans = this.spans.map((span) => ({ ...span, kept: span.first }));
    return missingBetween(spans, last, entry);
  }

  /** Tells a reader of each new entry, until the returned function is called. */
  subscribe(wake: () => void): () => void {
    this.readers.add(wake);
    return () => this.readers.delete(wake);
  }

  /** Lets go of everything kept; names stay known. */
  forget(): void {
    this.journal.forget(this.runtime);
  }

  private spanOf(epoch: string): EpochSpan | undefined {
    return this.spans.findLast((span) => span.epoch === epoch);
  }

  private added(entry: JournalEntry): void {
    const span = this.spanOf(entry.epoch);
    if (span) span.last = entry.through;
    else this.spans.push({ epoch: entry.epoch, first: entry.seq, last: entry.through });
    const wake = (): void => {
      for (const reader of this.readers) reader();
    };
    // An entry that could not be committed becomes readable with the next one, or never: either way readers look again.
    void this.journal.committed(this.runtime, entry.position).then(wake, wake);
  }
}
