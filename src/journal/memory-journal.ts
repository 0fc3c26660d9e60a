import { type Runtime, RuntimeMap } from '../protocol/index.js';
import type { EpochSpan, Journal, JournalBounds, JournalEntry, NewEntry, NewGap } from './journal.js';

/** Limits of a journal in memory. Unset limits do not apply. */
export interface MemoryJournalOptions {
  /** Bytes (UTF-16 units of the frames) at which `room()` waits. Nothing is dropped for it. Default: no bound. */
  readonly maxBytes?: number;
  /** Entries a runtime keeps; older ones are dropped. Default: no bound. */
  readonly maxEntriesPerRuntime?: number;
  /** Bytes a runtime keeps; older ones are dropped. Default: no bound. */
  readonly maxBytesPerRuntime?: number;
  /** Epochs of which a runtime keeps entries; older ones are dropped. Default: no bound. */
  readonly maxEpochsPerRuntime?: number;
}

interface LoggedEpoch {
  /** Position of its first entry. */
  readonly first: number;
  readonly firstSeq: number;
  /** Of its newest entry. */
  position: number;
  seq: number;
}

interface Log {
  readonly runtime: Runtime;
  /** Kept entries; those before `start` are already dropped and wait for the next compaction. */
  entries: (JournalEntry | undefined)[];
  start: number;
  head: number;
  bytes: number;
  /** Where each epoch began and ended, whether or not its entries are still kept. */
  readonly epochs: Map<string, LoggedEpoch>;
  readonly kept: Map<string, string>;
  released: number;
  /** Number of its newest append among those of the whole journal. */
  turn: number;
}

/** Epochs of a runtime that stay known though nothing of them is kept. */
const MAX_GONE_EPOCHS = 64;
/** Dropped slots at the front of a log that make it worth copying the rest down. */
const COMPACT_AT = 1_024;

/** A journal that lives and dies with its process; committed as soon as appended. */
export class MemoryJournal implements Journal {
  private readonly logs = new RuntimeMap<Log>();
  private keptBytes = 0;
  private turn = 0;
  private waiting: (() => void)[] = [];

  constructor(private readonly options: MemoryJournalOptions = {}) {}

  append(runtime: Runtime, { epoch, seq, type, frame, keep, keepText = frame, drop }: NewEntry): JournalEntry {
    const log = this.logFor(runtime);
    const entry = this.add(log, { position: log.head + 1, epoch, seq, through: seq, type, frame });
    const { kept } = log;
    if (drop !== undefined) kept.delete(drop);
    if (keep !== undefined) {
      kept.delete(keep);
      kept.set(keep, keepText);
    }
    return entry;
  }

  appendGap(runtime: Runtime, { epoch, from, to }: NewGap): JournalEntry {
    const log = this.logFor(runtime);
    const hole = { epoch, seq: from, through: to, type: 'resume_gap', frame: undefined };
    return this.add(log, { position: log.head + 1, ...hole });
  }

  async committed(): Promise<void> {}

  read(runtime: Runtime, after: number, limit: number): readonly JournalEntry[] {
    const log = this.logs.get(runtime);
    if (!log) return [];
    const from = log.start + Math.max(0, after - this.oldestOf(log) + 1);
    return log.entries.slice(from, from + limit) as JournalEntry[];
  }

  bounds(runtime: Runtime): JournalBounds {
    const log = this.logs.get(runtime);
    return log ? { oldest: this.oldestOf(log), head: log.head } : { oldest: 1, head: 0 };
  }

  find(runtime: Runtime, epoch: string, seq: number): number | undefined {
    const log = this.logs.get(runtime);
    const span = log?.epochs.get(epoch);
    if (!log || !span) return undefined;
    const oldest = this.oldestOf(log);
    let low = Math.max(span.first, oldest);
    let high = span.position;
    while (low <= high) {
      const middle = (low + high) >>> 1;
      const entry = log.entries[log.start + middle - oldest];
      if (!entry) return undefined;
      if (seq < entry.seq) high = middle - 1;
      else if (seq > entry.through) low = middle + 1;
      else return middle;
    }
    return undefined;
  }

  last(runtime: Runtime, epoch: string): { readonly seq: number; readonly position: number } | undefined {
    return this.logs.get(runtime)?.epochs.get(epoch);
  }

  epochs(runtime: Runtime): readonly EpochSpan[] {
    const log = this.logs.get(runtime);
    if (!log) return [];
    const oldest = log.entries[log.start];
    return [...log.epochs].map(([epoch, { first, firstSeq, position, seq }]) => ({
      epoch,
      first: firstSeq,
      last: seq,
      kept: !oldest || position < oldest.position ? seq + 1 : first >= oldest.position ? firstSeq : oldest.seq,
    }));
  }

  kept(runtime: Runtime): ReadonlyMap<string, string> {
    return this.logs.get(runtime)?.kept ?? new Map<string, string>();
  }

  drop(runtime: Runtime, name: string): void {
    this.logs.get(runtime)?.kept.delete(name);
  }

  released(runtime: Runtime): number {
    return this.logs.get(runtime)?.released ?? 0;
  }

  forget(runtime: Runtime): void {
    this.release(runtime, this.bounds(runtime).head);
  }

  remove(runtime: Runtime): void {
    this.forget(runtime);
    this.logs.delete(runtime);
  }

  release(runtime: Runtime, through: number): void {
    const log = this.logs.get(runtime);
    if (!log) return;
    log.released = Math.max(log.released, Math.min(through, log.head));
    while (log.start < log.entries.length && this.oldestOf(log) <= through) this.dropOldest(log);
    this.compact(log);
    if (this.waiting.length > 0 && !this.full) for (const resume of this.waiting.splice(0)) resume();
  }

  passed(): void {}

  get bytes(): number {
    return this.keptBytes;
  }

  get full(): boolean {
    return this.keptBytes >= (this.options.maxBytes ?? Infinity);
  }

  room(): Promise<void> {
    return this.full ? new Promise((resolve) => this.waiting.push(resolve)) : Promise.resolve();
  }

  runtimes(): readonly Runtime[] {
    return [...this.logs.values()].toSorted((a, b) => a.turn - b.turn).map(({ runtime }) => runtime);
  }

  async close(): Promise<void> {
    for (const resume of this.waiting.splice(0)) resume();
  }

  private add(log: Log, entry: JournalEntry): JournalEntry {
    log.head = entry.position;
    log.turn = ++this.turn;
    log.entries.push(entry);
    const epoch = log.epochs.get(entry.epoch);
    if (epoch) {
      epoch.position = entry.position;
      epoch.seq = entry.through;
    } else {
      const { position, seq: firstSeq, through: seq } = entry;
      log.epochs.set(entry.epoch, { first: position, firstSeq, position, seq });
      this.trimEpochs(log);
    }
    this.count(log, entry, 1);
    this.trim(log);
    return entry;
  }

  private logFor(runtime: Runtime): Log {
    let log = this.logs.get(runtime);
    if (!log) {
      log = {
        runtime,
        entries: [],
        start: 0,
        head: 0,
        bytes: 0,
        epochs: new Map(),
        kept: new Map(),
        released: 0,
        turn: 0,
      };
      this.logs.set(runtime, log);
    }
    return log;
  }

  private oldestOf(log: Log): number {
    return log.head - (log.entries.length - log.start) + 1;
  }

  private trim(log: Log): void {
    const { maxEntriesPerRuntime = Infinity, maxBytesPerRuntime = Infinity } = this.options;
    while (log.entries.length - log.start > maxEntriesPerRuntime || log.bytes > maxBytesPerRuntime)
      this.dropOldest(log);
    this.compact(log);
  }

  /** Another epoch has begun. */
  private trimEpochs(log: Log): void {
    const { maxEpochsPerRuntime = Infinity } = this.options;
    const isKept = ([, { position }]: readonly [string, LoggedEpoch]): boolean => position >= this.oldestOf(log);
    const through = [...log.epochs].filter(isKept).at(-maxEpochsPerRuntime - 1)?.[1].position ?? 0;
    while (this.oldestOf(log) <= through) this.dropOldest(log);
    const gone = [...log.epochs].filter((epoch) => !isKept(epoch));
    for (const [epoch] of gone.slice(0, Math.max(0, gone.length - MAX_GONE_EPOCHS))) log.epochs.delete(epoch);
  }

  private dropOldest(log: Log): void {
    const entry = log.entries[log.start];
    log.entries[log.start++] = undefined;
    if (entry) this.count(log, entry, -1);
  }

  private compact(log: Log): void {
    if (log.start < COMPACT_AT || log.start * 2 < log.entries.length) return;
    log.entries = log.entries.slice(log.start);
    log.start = 0;
  }

  private count(log: Log, entry: JournalEntry, sign: 1 | -1): void {
    const size = sign * (entry.frame?.length ?? 0);
    log.bytes += size;
    this.keptBytes += size;
  }
}
