import type { Journal } from '../../journal/index.js';
import {
  isRecord,
  isSameRuntime,
  runtimeKey,
  type Frame,
  SparseMap,
  SparseSet,
  type Runtime,
} from '../../protocol/index.js';
import { snapshotName, TITLE_NAME } from './kept-names.js';
import { atHead, type Placement } from './resume.js';
import { NO_ROUTING_OBSERVER, type RoutingObserver } from './routing-observer.js';
import { RuntimeHistory } from './runtime-history.js';

/** What the relay knows of one runtime of a device. */
export class RuntimeRecord {
  /** The newest snapshot of each type, as text. */
  readonly snapshots = new SparseMap<string, string>();
  /** `status` of the newest `update_loop_status`. */
  loopStatus: string | undefined;
  /** When its newest event that was looked at was emitted, and where that one stands. */
  emitted: { readonly position: number; readonly at: number | null } | undefined;
  /** First line of the first input that was seen of it. */
  inputTitle: string | undefined;
  /** What the device says its agent calls it. */
  agentTitle: string | undefined;
  /** Whether the device has ever spoken of it; a client may ask for anything. */
  isReal = false;

  constructor(
    readonly key: string,
    readonly runtime: Runtime,
    readonly history: RuntimeHistory,
  ) {}

  keepSnapshot(frame: Frame, text: string): void {
    this.snapshots.set(frame.type, text);
    this.loopStatus = loopStatusOf(frame) ?? this.loopStatus;
  }

  /** Whoever told them does not stand for them any more. */
  dropSnapshots(): void {
    for (const type of this.snapshots.keys()) this.history.drop(snapshotName(type));
    this.snapshots.clear();
  }

  forget(): void {
    this.dropSnapshots();
    if (this.inputTitle !== undefined) this.history.drop(TITLE_NAME);
    this.inputTitle = undefined;
    this.history.forget();
  }
}

export function loopStatusOf(frame: Frame): string | undefined {
  const loop = frame.type === 'update_loop_status' ? frame['loop_status'] : undefined;
  return isRecord(loop) && typeof loop['status'] === 'string' ? loop['status'] : undefined;
}

export interface RuntimesLimits {
  /** Runtimes with a history. */
  readonly maxRuntimes: number;
  /** Epochs of each. */
  readonly maxEpochsPerRuntime: number;
}

/** Runtimes that are known, for each that has a history: of those beyond nothing is kept but names, and then these go too. */
const KNOWN_PER_KEPT = 2;

/** The runtimes of one environment. */
export class Runtimes {
  private readonly records = new SparseMap<string, RuntimeRecord>();
  /** Those with a history, silent longest first. */
  private readonly warm = new SparseSet<RuntimeRecord>();
  /** The one that was silent shortest. */
  private touched: RuntimeRecord | undefined;
  /** Asked for last: mostly the same is asked for again. */
  private newest: RuntimeRecord | undefined;

  constructor(
    private readonly journal: Journal,
    private readonly limits: RuntimesLimits,
    /** Told when something goes because there is too much of it. */
    private readonly observer: Pick<RoutingObserver, 'limited'> = NO_ROUTING_OBSERVER,
  ) {
    for (const runtime of journal.runtimes()) this.warm.add(this.ofDevice(runtime));
  }

  [Symbol.iterator](): Iterator<RuntimeRecord> {
    return this.records.values()[Symbol.iterator]();
  }

  of(runtime: Runtime): RuntimeRecord {
    if (this.newest && isSameRuntime(this.newest.runtime, runtime)) return this.newest;
    const key = runtimeKey(runtime);
    let record = this.records.get(key);
    if (!record) {
      record = new RuntimeRecord(
        key,
        runtime,
        new RuntimeHistory(runtime, this.journal, this.limits.maxEpochsPerRuntime),
      );
      this.records.set(key, record);
    }
    this.newest = record;
    return record;
  }

  /** A runtime that the device speaks of. */
  ofDevice(runtime: Runtime): RuntimeRecord {
    const record = this.of(runtime);
    if (record.isReal) return record;
    record.isReal = true;
    this.letNamesGo(record);
    return record;
  }

  /** Forgets what clients asked for, which no device ever had and nobody follows any more. */
  prune(): void {
    this.newest = undefined;
    for (const [key, { isReal, history }] of this.records) if (!isReal && !history.hasReaders) this.records.delete(key);
  }

  known(runtime: Runtime): RuntimeRecord | undefined {
    return this.records.get(runtimeKey(runtime));
  }

  /** A runtime is about to get an event; while there are too many, or the journal is full, others' histories go. */
  touch(record: RuntimeRecord): void {
    if (this.touched !== record) {
      this.touched = record;
      this.warm.delete(record);
      this.warm.add(record);
    }
    const isTooMuch = (): boolean => this.warm.size > this.limits.maxRuntimes || this.journal.full;
    if (!isTooMuch()) return;
    for (const oldest of this.warm) {
      if (!isTooMuch()) return;
      if (oldest === record || oldest.history.hasReaders) continue;
      this.observer.limited(this.warm.size > this.limits.maxRuntimes ? 'runtimes' : 'history');
      this.warm.delete(oldest);
      oldest.forget();
      // Its name is kept longer than those that went before it.
      this.records.delete(oldest.key);
      this.records.set(oldest.key, oldest);
    }
  }

  /** A device may speak of any number of runtimes: of those of which nothing is kept the names are let go, the oldest first. */
  private letNamesGo(newest: RuntimeRecord): void {
    const most = KNOWN_PER_KEPT * this.limits.maxRuntimes;
    if (this.records.size <= most) return;
    for (const [key, record] of this.records) {
      if (this.records.size <= most) return;
      if (record === newest || this.warm.has(record) || record.history.hasReaders) continue;
      this.records.delete(key);
      record.history.remove();
      this.observer.limited('runtime-names');
    }
  }

  /** Where each history ends now. */
  heads(): ReadonlyMap<string, Placement> {
    return new Map([...this.records].map(([key, { history }]) => [key, atHead(history)]));
  }
}
