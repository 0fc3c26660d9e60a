import { isSameRuntime, type Runtime, runtimeKey } from '../protocol/index.js';
import type { EpochSpan, Journal, JournalBounds, JournalEntry, NewEntry, NewGap } from './journal.js';
import type { Scope } from './journal-scope.js';
import type { HeldEntry, NewStoredEntry, StoredLog } from './stored-log.js';

/** What a journal needs of its store. */
export interface LogStore {
  readonly full: boolean;
  room(): Promise<void>;
  logFor(scope: Scope, runtime: Runtime): StoredLog;
  append(scope: Scope, log: StoredLog, fields: NewStoredEntry, through: number): HeldEntry;
  /** Nobody asks for a log any more. */
  remove(scope: Scope, log: StoredLog): void;
  /** What is known of a log changed. */
  touch(log: StoredLog): void;
  /** Writes what waits. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

/**
 * The journal of one scope of a store on disk. What is appended has its name and its place at once (`bounds`, `find`,
 * `last`, `epochs`, `kept`), and is read once it is committed: a killed process loses none of that.
 */
export class LibsqlJournal implements Journal {
  /** Asked for last: mostly the same is asked for again. */
  private newest: StoredLog | undefined;

  constructor(
    private readonly store: LogStore,
    private readonly scope: Scope,
    /** Whether it is the only journal of its store: `room()` waits for a disk that fails, and `close` closes the store. */
    private readonly isOnly: boolean,
  ) {}

  append(runtime: Runtime, entry: NewEntry): JournalEntry {
    return this.add(runtime, entry, entry.seq);
  }

  appendGap(runtime: Runtime, { epoch, from, to }: NewGap): JournalEntry {
    return this.add(runtime, { epoch, seq: from, type: 'resume_gap', frame: undefined }, to);
  }

  committed(runtime: Runtime, position: number): Promise<void> {
    const log = this.log(runtime) ?? this.store.logFor(this.scope, runtime);
    return log.committed(position);
  }

  read(runtime: Runtime, after: number, limit: number): readonly JournalEntry[] {
    return this.log(runtime)?.read(after, limit) ?? [];
  }

  bounds(runtime: Runtime): JournalBounds {
    const { oldest = 1, head = 0 } = this.log(runtime) ?? {};
    return { oldest, head };
  }

  find(runtime: Runtime, epoch: string, seq: number): number | undefined {
    return this.log(runtime)?.find(epoch, seq);
  }

  last(runtime: Runtime, epoch: string): { readonly seq: number; readonly position: number } | undefined {
    const span = this.log(runtime)?.spans.get(epoch);
    return span && { seq: span.seq, position: span.position };
  }

  epochs(runtime: Runtime): readonly EpochSpan[] {
    return this.log(runtime)?.epochs() ?? [];
  }

  kept(runtime: Runtime): ReadonlyMap<string, string> {
    return this.log(runtime)?.kept() ?? new Map<string, string>();
  }

  drop(runtime: Runtime, name: string): void {
    const log = this.log(runtime);
    if (!log) return;
    log.over.set(name, log.head);
    this.store.touch(log);
  }

  release(runtime: Runtime, through: number): void {
    const log = this.log(runtime);
    const released = log && Math.min(through, log.head);
    if (!log || released === undefined || released <= log.released) return;
    log.released = released;
    log.passed = Math.max(log.passed, released);
    this.store.touch(log);
  }

  passed(runtime: Runtime, through: number): void {
    const log = this.log(runtime);
    if (log) log.passed = Math.max(log.passed, through);
  }

  released(runtime: Runtime): number {
    return this.log(runtime)?.released ?? 0;
  }

  forget(runtime: Runtime): void {
    const log = this.log(runtime);
    if (!log) return;
    this.release(runtime, log.head);
    log.dropThrough(log.head);
  }

  remove(runtime: Runtime): void {
    const log = this.log(runtime);
    if (!log) return;
    this.newest = undefined;
    this.store.remove(this.scope, log);
  }

  room(): Promise<void> {
    return this.isOnly ? this.store.room() : Promise.resolve();
  }

  get full(): boolean {
    return this.isOnly && this.store.full;
  }

  get bytes(): number {
    return this.scope.bytes;
  }

  runtimes(): readonly Runtime[] {
    return [...this.scope.logs.values()].toSorted((a, b) => a.turn - b.turn).map(({ runtime }) => runtime);
  }

  close(): Promise<void> {
    return this.isOnly ? this.store.close() : this.store.flush();
  }

  private log(runtime: Runtime): StoredLog | undefined {
    if (this.newest && isSameRuntime(this.newest.runtime, runtime)) return this.newest;
    const log = this.scope.logs.get(runtimeKey(runtime));
    this.newest = log ?? this.newest;
    return log;
  }

  private add(runtime: Runtime, fields: NewStoredEntry, through: number): JournalEntry {
    const log = this.log(runtime) ?? this.store.logFor(this.scope, runtime);
    return this.store.append(this.scope, log, fields, through).entry;
  }
}
