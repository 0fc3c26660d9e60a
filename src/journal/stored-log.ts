import type { Runtime } from '../protocol/index.js';
import { CommitWaiters } from './commit-waiters.js';
import { DatabaseError } from './database.js';
import { Deque } from './deque.js';
import type { EpochSpan, JournalEntry, NewEntry } from './journal.js';
import type { EntryMark, JournalReader, LogRow, StoredEpoch } from './journal-reader.js';

/** An entry in memory: because it is new, or because it is not written yet. */
export interface HeldEntry {
  readonly log: StoredLog;
  readonly span: StoredEpoch;
  /** Its frame is let go when it is dropped before it was written. */
  entry: JournalEntry;
  readonly total: number;
  readonly at: number;
  readonly keep: string | undefined;
  /** What `keep` keeps; undefined: the frame of the entry. */
  readonly keepText: string | undefined;
  readonly drop: string | undefined;
}

/** What is appended: an event, or a hole. */
export type NewStoredEntry = Omit<NewEntry, 'frame'> & Pick<JournalEntry, 'frame'>;

/** What a log needs of its store. */
export interface LogHost {
  readonly reader: JournalReader;
  /** Entries are no longer kept; those among them that were held in memory are named. */
  dropped(log: StoredLog, entries: number, bytes: number, unreleased: number, held: readonly HeldEntry[]): void;
  /** The disk does not give what it should have; it counts as dropped. */
  unreadable(error: Error): void;
}

/** One part of a limit in so many is dropped with what is beyond it, so that not every append looks for what to drop. */
const SLACK_PARTS = 20;
/** Epochs of a runtime that stay known though nothing of them is kept. */
const MAX_GONE_EPOCHS = 64;

/** One runtime's log: what is known of it in memory, and its way to the disk. */
export class StoredLog {
  readonly id: number;
  readonly scope: string;
  readonly runtime: Runtime;
  oldest: number;
  head: number;
  /** What all frames had together, those that are dropped included. */
  total: number;
  /** What those that are dropped had. */
  dropped: number;
  released: number;
  /** Whoever follows it has read up to here. */
  passed = 0;
  /** Number of its newest append among those of the whole store. */
  turn: number;
  /** On disk: head, total, lowest position and epoch. */
  written: { head: number; total: number; oldest: number; ordinal: number };
  /** Oldest first. */
  readonly spans = new Map<string, StoredEpoch>();
  /** Newest entries, up to the head. */
  readonly tail = new Deque<HeldEntry>();
  /** Unwritten entries that change what is kept by name. */
  readonly keeps = new Deque<HeldEntry>();
  /** Names of what is over although no entry says so, each with the head of that time: the disk does not know it yet. */
  readonly over = new Map<string, number>();
  /** Readers see entries up to here. */
  private visible: number;
  private readonly names = new Map<number, string>();
  /** The oldest kept entry is not older than this. */
  private oldestAt: number;
  private readonly waiters = new CommitWaiters();
  private abandoned: Error | undefined;
  /** Nobody asks for it any more: once all of it is written, nothing of it stays on disk. */
  isRemoved = false;

  constructor(
    row: LogRow,
    private readonly host: LogHost,
  ) {
    const { id, scope, runtime, oldest, head, total, dropped, released, turn, oldestAt } = row;
    this.id = id;
    this.scope = scope;
    this.runtime = runtime;
    this.oldest = oldest;
    this.head = head;
    this.total = total;
    this.dropped = dropped;
    this.released = released;
    this.turn = turn;
    this.oldestAt = oldestAt;
    this.visible = head;
    this.written = { head, total, oldest, ordinal: 0 };
  }

  /** What is kept (UTF-16 units of the frames). */
  get bytes(): number {
    return this.total - this.dropped;
  }

  get isEmpty(): boolean {
    return this.oldest > this.head;
  }

  /** The oldest epoch that is known, by number. */
  get firstOrdinal(): number {
    return this.spans.values().next().value?.ordinal ?? 0;
  }

  restore(epoch: StoredEpoch): void {
    if (this.spans.size === 0) this.written.ordinal = epoch.ordinal;
    this.spans.set(epoch.epoch, epoch);
    this.names.set(epoch.ordinal, epoch.epoch);
  }

  /** @param through its last number: other than `seq` for a hole only */
  append(
    { epoch, seq, type, frame, keep, keepText, drop }: NewStoredEntry,
    through: number,
    at: number,
    turn: number,
  ): HeldEntry {
    const position = ++this.head;
    this.total += frame?.length ?? 0;
    this.turn = turn;
    if (this.isEmpty || this.oldest === position) this.oldestAt = at;
    const span = this.spanFor(epoch, position, seq);
    span.position = position;
    span.seq = through;
    // The span's name, so that each entry does not hold one of its own.
    const named: JournalEntry = { position, epoch: span.epoch, seq, through, type, frame };
    const held: HeldEntry = { log: this, span, entry: named, total: this.total, at, keep, keepText, drop };
    this.tail.push(held);
    if (keep !== undefined || drop !== undefined) this.keeps.push(held);
    if (keep !== undefined) this.over.delete(keep);
    return held;
  }

  read(after: number, limit: number): readonly JournalEntry[] {
    const from = Math.max(after + 1, this.oldest);
    const to = Math.min(this.visible, from + limit - 1);
    if (from > to) return [];
    const start = this.tailStart;
    const entries = from < start ? this.fromDisk(from, Math.min(to, start - 1)) : [];
    if (!entries) return this.read(after, limit);
    for (let position = Math.max(from, start); position <= to; position++) {
      const held = this.tail.at(position - start);
      if (held) entries.push(held.entry);
    }
    return entries;
  }

  find(epoch: string, seq: number): number | undefined {
    const span = this.spans.get(epoch);
    if (!span) return undefined;
    // Where no number is missing both ends meet at once: each position holds one number or more.
    let low = Math.max(span.first, this.oldest, span.position - (span.seq - seq));
    let high = Math.min(span.position, span.first + (seq - span.firstSeq));
    while (low <= high) {
      const middle = (low + high) >>> 1;
      const entry = this.mark(middle);
      if (!entry) return undefined;
      if (seq < entry.seq) high = middle - 1;
      else if (seq > entry.through) low = middle + 1;
      else return middle;
    }
    return undefined;
  }

  epochs(): EpochSpan[] {
    const { oldest } = this;
    return [...this.spans.values()].map(({ epoch, first, firstSeq, position, seq }) => {
      const kept = position < oldest ? seq + 1 : first >= oldest ? firstSeq : (this.mark(oldest)?.seq ?? seq + 1);
      return { epoch, first: firstSeq, last: seq, kept };
    });
  }

  kept(): ReadonlyMap<string, string> {
    const kept = this.written.head > 0 ? this.guarded(() => this.host.reader.kept(this.id)) : undefined;
    const frames = kept ?? new Map<string, string>();
    for (let i = 0; i < this.keeps.length; i++) {
      const { keep, keepText, drop, entry } = this.keeps.at(i) ?? {};
      const frame = keepText ?? entry?.frame;
      if (drop !== undefined) frames.delete(drop);
      if (keep === undefined || frame === undefined) continue;
      frames.delete(keep);
      frames.set(keep, frame);
    }
    for (const name of this.over.keys()) frames.delete(name);
    return frames;
  }

  /** Drops everything up to a position. */
  dropThrough(position: number): void {
    const through = Math.min(position, this.head);
    if (through < this.oldest) return;
    const total = this.totalThrough(through);
    // What the disk does not tell goes with all that is on disk.
    if (total === undefined) this.drop(this.tailStart - 1, this.totalBefore(this.tail.at(0)));
    else this.drop(through, total);
  }

  /** Where more is kept than these limits, drops the oldest, and some more with them. */
  trim(maxEntries: number, maxBytes: number): void {
    if (this.head - this.oldest >= maxEntries) this.dropThrough(this.head - withSlack(maxEntries));
    if (this.bytes > maxBytes) this.shrink(withSlack(maxBytes));
  }

  /** Drops what is of epochs before the newest so many. */
  trimEpochs(maxEpochs: number): void {
    if (this.spans.size <= maxEpochs) return;
    const kept = [...this.spans.values()].filter(({ position }) => position >= this.oldest);
    const beyond = kept.at(-maxEpochs - 1);
    if (beyond) this.dropThrough(beyond.position);
  }

  /** Drops the oldest entries until the rest has no more than so many UTF-16 units. */
  shrink(maxBytes: number): void {
    // What cannot be read goes with all that is on disk, which may not be enough.
    while (this.bytes > maxBytes && !this.isEmpty)
      this.dropThrough(this.firstWith(({ total }) => this.total - total <= maxBytes));
  }

  /** Drops what was appended before a time. */
  expire(before: number): void {
    if (this.isEmpty || this.oldestAt >= before) return;
    const first = this.firstWith(({ at }) => at >= before);
    this.oldestAt = this.mark(first)?.at ?? this.oldestAt;
    this.dropThrough(first - 1);
  }

  /** Resolves when readers see the entry at this position. */
  committed(position: number): Promise<void> {
    if (position <= this.visible) return Promise.resolve();
    if (this.abandoned) return Promise.reject(this.abandoned);
    if (position > this.head) return Promise.reject(new DatabaseError(`Nothing was appended at position ${position}.`));
    return this.waiters.for(position);
  }

  /** Lets readers see entries up to a position. */
  show(position: number): void {
    if (position <= this.visible) return;
    this.visible = position;
    this.waiters.committed(position);
  }

  /** A group of what was appended until now goes to the disk. */
  writes(): void {
    this.waiters.seal();
  }

  /** Everything up to a position is on disk. */
  wroteThrough(position: number): void {
    while ((this.keeps.at(0)?.entry.position ?? Infinity) <= position) this.keeps.shift();
    this.show(position);
  }

  /** Entries that readers do not see will never be committed. */
  abandon(error: Error): void {
    this.abandoned = error;
    this.waiters.abandon(error);
  }

  /** Position of the oldest entry in memory. */
  private get tailStart(): number {
    return this.head - this.tail.length + 1;
  }

  private spanFor(name: string, position: number, seq: number): StoredEpoch {
    const known = this.spans.get(name);
    if (known) return known;
    const ordinal = ([...this.names.keys()].at(-1) ?? -1) + 1;
    const span: StoredEpoch = { epoch: name, ordinal, first: position, firstSeq: seq, position, seq };
    this.restore(span);
    const gone = [...this.spans.values()].filter((epoch) => epoch.position < this.oldest && epoch !== span);
    for (const epoch of gone.slice(0, Math.max(0, gone.length - MAX_GONE_EPOCHS))) {
      this.spans.delete(epoch.epoch);
      this.names.delete(epoch.ordinal);
    }
    return span;
  }

  private fromDisk(from: number, to: number): JournalEntry[] | undefined {
    const rows = this.guarded(() => {
      const found = this.host.reader.between(this.id, from, to, this.names);
      if (found.length < to - from + 1)
        throw new DatabaseError('Entries that were committed are missing in the journal.');
      return found;
    });
    if (rows) return rows;
    this.drop(this.tailStart - 1, this.totalBefore(this.tail.at(0)));
    return undefined;
  }

  private mark(position: number): EntryMark | undefined {
    const held = this.tail.at(position - this.tailStart);
    if (held) return { ...held.entry, total: held.total, at: held.at };
    return this.guarded(() => this.host.reader.mark(this.id, position));
  }

  /** The lowest position of which something is true that is true of all after it; `head` + 1 where there is none. */
  private firstWith(isTrue: (mark: EntryMark) => boolean): number {
    let low = this.oldest;
    let high = this.head + 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const mark = this.mark(middle);
      if (mark && isTrue(mark)) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  private totalThrough(position: number): number | undefined {
    return position === this.head ? this.total : this.mark(position)?.total;
  }

  /** What all before an entry had; without one, all there are. */
  private totalBefore(held: HeldEntry | undefined): number {
    return held ? held.total - (held.entry.frame?.length ?? 0) : this.total;
  }

  private drop(through: number, total: number): void {
    const entries = through - this.oldest + 1;
    if (entries <= 0) return;
    const bytes = total - this.dropped;
    const unreleased = Math.max(0, through - Math.max(this.released, this.oldest - 1));
    this.oldest = through + 1;
    this.dropped = total;
    const held: HeldEntry[] = [];
    for (let first = this.tail.at(0); first && first.entry.position <= through; first = this.tail.at(0)) {
      this.tail.shift();
      held.push(first);
    }
    this.host.dropped(this, entries, bytes, unreleased, held);
  }

  private guarded<T>(read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      this.host.unreadable(error instanceof Error ? error : new Error(String(error)));
      return undefined;
    }
  }
}

/** What is left of a limit once it was exceeded. */
export function withSlack(limit: number): number {
  return limit - Math.floor(limit / SLACK_PARTS);
}
