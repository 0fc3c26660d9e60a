import { SparseMap, SparseSet } from '../protocol/index.js';
import { withSlack, type StoredLog } from './stored-log.js';

/** Scopes that share one limit. */
export class ScopeGroup {
  readonly scopes = new Set<Scope>();
  /** What they keep together (UTF-16 units of the frames). */
  bytes = 0;

  /** Drops the oldest of the logs that were silent longest, in whatever scope, until no more than this is kept. */
  retain(maxBytes: number): void {
    if (this.bytes <= maxBytes) return;
    const left = withSlack(maxBytes);
    for (let log = this.silentLongest(); log && this.bytes > left; log = this.silentLongest())
      shrinkBy(log, this.bytes - left);
  }

  private silentLongest(): StoredLog | undefined {
    let longest: StoredLog | undefined;
    for (const { warm } of this.scopes) {
      const [log] = warm;
      if (log && log.turn < (longest?.turn ?? Infinity)) longest = log;
    }
    return longest;
  }
}

/** The logs of one journal of a store. */
export class Scope {
  readonly logs = new SparseMap<string, StoredLog>();
  /** Those that keep something, silent longest first. */
  readonly warm = new SparseSet<StoredLog>();
  /** Appended to last. */
  newest: StoredLog | undefined;
  /** What they keep (UTF-16 units of the frames). */
  bytes = 0;
  private shared: ScopeGroup | undefined;

  constructor(readonly name: string) {}

  get group(): ScopeGroup | undefined {
    return this.shared;
  }

  /** It keeps so much more, or less. */
  count(bytes: number): void {
    this.bytes += bytes;
    if (this.shared) this.shared.bytes += bytes;
  }

  join(group: ScopeGroup): void {
    if (this.shared) this.shared.bytes -= this.bytes;
    this.shared?.scopes.delete(this);
    this.shared = group;
    group.scopes.add(this);
    group.bytes += this.bytes;
  }

  appended(log: StoredLog): void {
    this.newest = log;
    this.warm.delete(log);
    this.warm.add(log);
  }

  remove(key: string, log: StoredLog): void {
    this.logs.delete(key);
    this.warm.delete(log);
    if (this.newest === log) this.newest = undefined;
  }

  /** Drops the oldest of the logs that were silent longest until no more than this is kept. */
  retain(maxBytes: number): void {
    if (this.bytes <= maxBytes) return;
    const left = withSlack(maxBytes);
    for (const silent of this.warm) {
      if (this.bytes <= left) return;
      shrinkBy(silent, this.bytes - left);
    }
  }
}

function shrinkBy(log: StoredLog, bytes: number): void {
  if (log.bytes < bytes) log.dropThrough(log.head);
  else log.shrink(log.bytes - bytes);
}
