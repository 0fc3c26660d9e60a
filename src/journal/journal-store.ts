import { type Clock, type Runtime, runtimeKey, SYSTEM_CLOCK, type Timer } from '../protocol/index.js';
import { Breath } from './breath.js';
import { type Database, DatabaseError, openDatabase, unusable } from './database.js';
import { DropSums } from './drop-sums.js';
import type { Journal } from './journal.js';
import { type Group, groupOf } from './journal-group.js';
import { type JournalObserver, NO_JOURNAL_OBSERVER } from './journal-observer.js';
import { JournalReader } from './journal-reader.js';
import { JOURNAL_MIGRATIONS } from './journal-schema.js';
import {
  DEFAULT_MAX_UNWRITTEN_BYTES,
  DEFAULT_RETRY_MS,
  DEFAULT_TAIL_BYTES,
  type JournalStoreOptions,
} from './journal-store.options.js';
import { JournalWriter } from './journal-writer.js';
import { Scope, ScopeGroup } from './journal-scope.js';
import { LibsqlJournal, type LogStore } from './libsql-journal.js';
import { RecentEntries } from './recent-entries.js';
import { type HeldEntry, type LogHost, type NewStoredEntry, StoredLog } from './stored-log.js';
import { UnwrittenEntries } from './unwritten-entries.js';

/** What is no event (a released position, say) is written with the next group, or after this time. */
const LAZY_MS = 1_000;
const SWEEP_MS = 60_000;
/** Runtimes of one scope that stay known over restarts though nothing of them is kept. */
const MAX_EMPTY_LOGS = 1_000;

/**
 * Journals in one database file: one for each scope, with one commit for what all of them append meanwhile. Commits run
 * on a thread of their own; reads of what is no longer in memory are short and synchronous. The store must be the only
 * one of its file.
 */
export class JournalStore implements LogHost, LogStore {
  readonly reader: JournalReader;
  private readonly database: Database;
  private readonly writer: JournalWriter;
  private readonly clock: Clock;
  private readonly breath: Breath;
  private readonly observer: JournalObserver;
  private readonly maxUnwrittenBytes: number;
  private readonly scopes = new Map<string, Scope>();
  private readonly groups = new Map<string, ScopeGroup>();
  private nextId = 1;
  private turn = 0;
  private readonly unwritten = new UnwrittenEntries();
  private readonly recent: RecentEntries;
  private changed = new Set<StoredLog>();
  private readonly drops = new DropSums();
  private state: 'healthy' | 'failing' | 'closed' = 'healthy';
  /** Why the disk fails now. */
  private failure: Error | undefined;
  private closing: Promise<void> | undefined;
  private running: Promise<void> | undefined;
  /** Whether what is no event is due. */
  private isDue = false;
  private lazy: Timer | undefined;
  private retry: Timer | undefined;
  private sweeping: Timer | undefined;
  private waiting: (() => void)[] = [];

  /** @throws DatabaseError when the file cannot be used */
  constructor(
    file: string,
    private readonly options: JournalStoreOptions = {},
  ) {
    this.clock = options.clock ?? SYSTEM_CLOCK;
    this.breath = new Breath(this.clock);
    this.observer = options.observer ?? NO_JOURNAL_OBSERVER;
    this.recent = new RecentEntries(options.tailBytes ?? DEFAULT_TAIL_BYTES);
    this.maxUnwrittenBytes = options.maxUnwrittenBytes ?? DEFAULT_MAX_UNWRITTEN_BYTES;
    this.database = openDatabase(file, JOURNAL_MIGRATIONS);
    try {
      this.reader = new JournalReader(this.database);
      this.load();
      this.writer = new JournalWriter(file);
    } catch (cause) {
      this.database.close();
      throw unusable(file, cause);
    }
    for (const scope of this.scopes.values()) for (const log of scope.logs.values()) this.retain(scope, log);
    this.sweep();
  }

  /** @returns the only journal of a file, which closes it. @throws DatabaseError when the file cannot be used */
  static openOne(file: string, options: JournalStoreOptions = {}): Journal {
    const store = new JournalStore(file, options);
    return new LibsqlJournal(store, store.scopeOf(''), true);
  }

  /**
   * The journal of a scope; its `close` writes what waits, and leaves the store open. It never says that it is full, because
   * dropping what is old would not help: while the disk fails and memory is full, what is appended waits for its commit,
   * and at twice the bound the oldest that waits is dropped.
   */
  open(scope: string): Journal {
    return new LibsqlJournal(this, this.scopeOf(scope), false);
  }

  /** The scopes of which something is, or was, kept. */
  get scopeNames(): readonly string[] {
    return [...this.scopes.keys()];
  }

  /** From now on a scope shares `maxBytesPerGroup` with the others of this group. */
  assign(scope: string, group: string): void {
    const known = this.groups.get(group) ?? new ScopeGroup();
    this.groups.set(group, known);
    this.scopeOf(scope).join(known);
  }

  get full(): boolean {
    return this.unwritten.bytes >= this.maxUnwrittenBytes;
  }

  room(): Promise<void> {
    return this.full ? new Promise((resolve) => this.waiting.push(resolve)) : Promise.resolve();
  }

  /** What the scopes keep (UTF-16 units of the frames). */
  get bytes(): number {
    let bytes = 0;
    for (const scope of this.scopes.values()) bytes += scope.bytes;
    return bytes;
  }

  logFor(scope: Scope, runtime: Runtime): StoredLog {
    const key = runtimeKey(runtime);
    let log = scope.logs.get(key);
    if (!log) {
      const { agent_id, conversation_id } = runtime;
      const names = { id: this.nextId++, scope: scope.name, runtime: { agent_id, conversation_id } };
      const counts = { oldest: 1, head: 0, dropped: 0, total: 0, released: 0, turn: 0, oldestAt: 0 };
      log = new StoredLog({ ...names, ...counts }, this);
      scope.logs.set(key, log);
      if (this.state === 'closed') log.abandon(closedError());
    }
    return log;
  }

  append(scope: Scope, log: StoredLog, fields: NewStoredEntry, through: number): HeldEntry {
    const before = log.bytes;
    const entry = log.append(fields, through, this.breath.now, ++this.turn);
    scope.count(log.bytes - before);
    if (scope.newest !== log || entry.entry.position === log.oldest) scope.appended(log);
    this.unwritten.add(entry);
    if (entry.span.first === entry.entry.position) log.trimEpochs(this.options.maxEpochsPerRuntime ?? Infinity);
    this.retain(scope, log);
    if (this.state === 'failing' && !this.full) log.show(log.head);
    // Far too much waits for the disk: the oldest of it goes, with what lies before it.
    if (this.unwritten.bytes > 2 * this.maxUnwrittenBytes)
      this.unwritten.shrink(this.maxUnwrittenBytes, this.running === undefined);
    this.wake();
    return entry;
  }

  /** Lets go of all of a log, on disk lazily. */
  remove(scope: Scope, log: StoredLog): void {
    log.dropThrough(log.head);
    log.isRemoved = true;
    scope.remove(runtimeKey(log.runtime), log);
    this.touch(log);
  }

  /** A log's row changed, or what is kept of it; that is written lazily. */
  touch(log: StoredLog): void {
    this.changed.add(log);
    if (this.state === 'closed') return;
    this.lazy ??= this.clock.after(LAZY_MS, () => {
      this.lazy = undefined;
      this.isDue = true;
      this.wake();
    });
  }

  dropped(log: StoredLog, entries: number, bytes: number, unreleased: number, held: readonly HeldEntry[]): void {
    const scope = this.scopeOf(log.scope);
    scope.count(-bytes);
    if (log.isEmpty) scope.warm.delete(log);
    for (const entry of held) {
      if (entry.entry.position <= log.written.head) this.recent.dropped(entry);
      else this.unwritten.dropped(entry);
    }
    this.drops.add(log, { entries, bytes, unreleased });
    this.touch(log);
    this.letGoOn();
  }

  unreadable(error: Error): void {
    if (this.state !== 'closed') this.observer.unreadable(error);
  }

  /** Writes everything that waits; resolves also when the disk does not take it. */
  async flush(): Promise<void> {
    if (this.state === 'closed') return;
    this.isDue = true;
    this.retry?.cancel();
    this.retry = undefined;
    this.wake();
    await this.running;
  }

  /** Writes everything that waits and closes the file. */
  close(): Promise<void> {
    return (this.closing ??= this.shut());
  }

  private async shut(): Promise<void> {
    await this.flush();
    for (const timer of [this.lazy, this.retry, this.sweeping]) timer?.cancel();
    const { failure } = this;
    const lost = this.unwritten.unreleased;
    this.state = 'closed';
    if (lost > 0) this.observer.lost(lost, failure ?? closedError());
    for (const { logs } of this.scopes.values()) for (const log of logs.values()) log.abandon(closedError());
    this.letGoOn();
    try {
      await this.writer.close();
    } catch (error) {
      // Where the disk failed before, that was told.
      if (!failure) this.observer.unmerged(error instanceof Error ? error : new Error(String(error)));
    }
    this.database.close();
  }

  private load(): void {
    const rows = this.reader.logs();
    const byId = new Map<number, StoredLog>();
    for (const row of rows) {
      const scope = this.scopeOf(row.scope);
      const log = new StoredLog(row, this);
      byId.set(row.id, log);
      scope.logs.set(runtimeKey(row.runtime), log);
      scope.count(log.bytes);
      if (!log.isEmpty) scope.warm.add(log);
      this.nextId = Math.max(this.nextId, row.id + 1);
      this.turn = row.turn;
    }
    for (const { log, epoch } of this.reader.epochs()) byId.get(log)?.restore(epoch);
    for (const scope of this.scopes.values()) this.forgetEmpty(scope);
  }

  /** Only at the start, when nobody stands anywhere in them. */
  private forgetEmpty(scope: Scope): void {
    const empty = [...scope.logs].filter(([, log]) => log.isEmpty && log.kept().size === 0);
    for (const [key, { id }] of empty.slice(0, Math.max(0, empty.length - MAX_EMPTY_LOGS))) {
      scope.logs.delete(key);
      this.database.exec(`BEGIN; DELETE FROM epochs WHERE log=${id}; DELETE FROM logs WHERE id=${id}; COMMIT`);
    }
  }

  private scopeOf(name: string): Scope {
    let scope = this.scopes.get(name);
    if (!scope) {
      scope = new Scope(name);
      this.scopes.set(name, scope);
    }
    return scope;
  }

  private retain(scope: Scope, log: StoredLog): void {
    const { maxEntriesPerRuntime, maxBytesPerRuntime, maxBytesPerScope, maxBytesPerGroup } = this.options;
    log.trim(maxEntriesPerRuntime ?? Infinity, maxBytesPerRuntime ?? Infinity);
    scope.retain(maxBytesPerScope ?? Infinity);
    scope.group?.retain(maxBytesPerGroup ?? Infinity);
  }

  private sweep(): void {
    const { maxAgeMs } = this.options;
    if (maxAgeMs === undefined) return;
    const before = this.clock.now() - maxAgeMs;
    for (const { warm } of this.scopes.values()) for (const log of warm) log.expire(before);
    this.sweeping = this.clock.after(SWEEP_MS, () => this.sweep());
  }

  private wake(): void {
    if (this.running || this.retry || this.state === 'closed') return;
    this.running = this.run();
  }

  /** Commits group after group until nothing is left. */
  private async run(): Promise<void> {
    // What is appended in the same breath goes with it.
    await Promise.resolve();
    while (this.unwritten.length > 0 || (this.isDue && this.changed.size > 0)) {
      const { changed } = this;
      const group = groupOf(this.unwritten.entries, changed);
      this.changed = new Set();
      this.isDue = false;
      for (const log of group.logs.keys()) log.writes();
      try {
        await this.writer.write(group.sql, group.logs.size);
      } catch (error) {
        for (const log of changed) this.changed.add(log);
        this.running = undefined;
        this.failed(error instanceof Error ? error : new Error(String(error)));
        return;
      }
      this.committed(group);
    }
    this.running = undefined;
    if (this.state === 'failing') {
      this.state = 'healthy';
      this.failure = undefined;
      this.observer.recovered();
    }
  }

  private failed(error: Error): void {
    if (this.state === 'closed') return;
    // Nothing is held in memory any longer when it closes: `lost` tells what there was.
    if (this.state === 'healthy' && !this.closing) this.observer.degraded(error);
    this.state = 'failing';
    this.failure = error;
    this.isDue = true;
    for (const { log, entry } of this.unwritten.within(this.maxUnwrittenBytes)) log.show(entry.position);
    this.retryLater();
  }

  private retryLater(): void {
    if (this.state !== 'failing') return;
    this.retry ??= this.clock.after(this.options.retryMs ?? DEFAULT_RETRY_MS, () => {
      this.retry = undefined;
      this.wake();
    });
  }

  private committed({ count, logs, over }: Group): void {
    for (const [log, written] of logs) log.written = written;
    for (const { log, name, since } of over) if (log.over.get(name) === since) log.over.delete(name);
    for (const done of this.unwritten.take(count)) this.recent.add(done);
    this.recent.evict();
    for (const [log, { head }] of logs) log.wroteThrough(head);
    const drops = this.drops.take();
    if (drops.length > 0) this.observer.dropped(drops);
    this.letGoOn();
  }

  /** Lets those go on who waited for room. */
  private letGoOn(): void {
    if (this.waiting.length === 0) return;
    if (!this.full || this.state === 'closed') for (const resume of this.waiting.splice(0)) resume();
  }
}

function closedError(): DatabaseError {
  return new DatabaseError('The journal was closed before this was written.');
}
