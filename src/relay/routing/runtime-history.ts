import type { AnnouncedEpoch, EventPlace, ReceivedLog } from '../../channel/index.js';
import type { Journal, JournalEntry, NewEntry } from '../../journal/index.js';
import type { NumberRange, Runtime } from '../../protocol/index.js';
import { HistoryReader } from './history-reader.js';
import { KnownEpochs, type NextEvent } from './known-epochs.js';

export type { EventPlace } from '../../channel/index.js';

/** What outlives retention with an event, or no longer does. */
export type Retention = Pick<NewEntry, 'keep' | 'keepText' | 'drop'>;

/** Who is told of new entries. */
export interface HistoryFollower {
  /** Up to here it has read. */
  readonly position: number;
  wake(): void;
}

/** The relay's copy of one runtime's journal, from which clients read. */
export class RuntimeHistory implements ReceivedLog {
  private epochs: KnownEpochs;
  private announced: readonly AnnouncedEpoch[] = [];
  private readonly readers = new Set<HistoryFollower>();
  /** The newest commit that readers will be told of. */
  private awaited: Promise<void> | undefined;

  /** What an earlier process of the relay has appended is there again. */
  constructor(
    readonly runtime: Runtime,
    private readonly journal: Journal,
    private readonly maxEpochs = Infinity,
  ) {
    this.epochs = new KnownEpochs(journal.epochs(runtime), maxEpochs);
  }

  /** Position of the newest entry. */
  get head(): number {
    return this.journal.bounds(this.runtime).head;
  }

  /** Name of the newest entry; undefined before the first. */
  get newest(): EventPlace | undefined {
    return this.epochs.newest;
  }

  /** Name of the newest event, here or announced by the device; undefined before the first. */
  get newestKnown(): EventPlace | undefined {
    return this.epochs.head;
  }

  /** Whether everything is here that the device has announced. */
  get isComplete(): boolean {
    return this.epochs.isComplete;
  }

  get hasReaders(): boolean {
    return this.readers.size > 0;
  }

  /** What outlives retention, by name. */
  get kept(): ReadonlyMap<string, string> {
    return this.journal.kept(this.runtime);
  }

  /** What is kept under this name is over, though no event says so. */
  drop(name: string): void {
    this.journal.drop(this.runtime, name);
  }

  /** The last number of an epoch, kept or not any more; undefined for an epoch never seen. */
  lastOf(epoch: string): number | undefined {
    return this.epochs.lastOf(epoch);
  }

  /** Where the event after this one is to be had. */
  next(place: EventPlace): NextEvent {
    return this.epochs.next(place);
  }

  /** Whether an event is not beyond a reader's last one. */
  isPast(place: EventPlace, last: EventPlace | undefined): boolean {
    return this.epochs.isPast(place, last);
  }

  /** Takes down what the device says it keeps, oldest epoch first. */
  announce(epochs: readonly AnnouncedEpoch[]): void {
    this.announced = epochs;
    this.epochs.announce(epochs);
  }

  /** @returns resolves when it is committed */
  append({ epoch, seq }: EventPlace, type: string, frame: string, retention: Retention = {}): Promise<void> {
    return this.added(this.journal.append(this.runtime, { epoch, seq, type, frame, ...retention }));
  }

  /** @returns resolves when it is committed */
  appendGap(gap: NumberRange): Promise<void> {
    return this.added(this.journal.appendGap(this.runtime, gap));
  }

  /** Resolves when everything appended so far is committed. */
  committed(): Promise<void> {
    const { head } = this;
    return head === 0 ? Promise.resolve() : this.journal.committed(this.runtime, head);
  }

  /** For one cursor, whose place it does not know. */
  reader(): HistoryReader {
    return new HistoryReader(this.journal, this.runtime);
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
  between(last: EventPlace | undefined, entry: JournalEntry): NumberRange[] {
    return this.epochs.between(last, entry);
  }

  /** Tells a reader of each new entry, until the returned function is called. */
  subscribe(reader: HistoryFollower): () => void {
    this.readers.add(reader);
    return () => this.readers.delete(reader);
  }

  /** Lets go of everything kept; names stay known. */
  forget(): void {
    this.journal.forget(this.runtime);
  }

  /** Lets go of all of it, names too. */
  remove(): void {
    this.journal.remove(this.runtime);
  }

  private added({ position, epoch, seq, through }: JournalEntry): Promise<void> {
    this.epochs.added({ epoch, from: seq, to: through });
    const committed = this.journal.committed(this.runtime, position);
    // What is committed together is one promise: readers are told once.
    if (committed === this.awaited) return committed;
    this.awaited = committed;
    committed.then(
      () => this.wake(),
      () => this.reopen(),
    );
    return committed;
  }

  /** An entry could not be committed: the journal says what it has. Readers look again either way. */
  private reopen(): void {
    this.epochs = new KnownEpochs(this.journal.epochs(this.runtime), this.maxEpochs);
    this.epochs.announce(this.announced);
    this.wake();
  }

  private wake(): void {
    let passed = this.head;
    for (const reader of this.readers) {
      passed = Math.min(passed, reader.position);
      reader.wake();
    }
    this.journal.passed(this.runtime, passed);
  }
}
