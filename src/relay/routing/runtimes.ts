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
import { snapshotName } from './kept-names.js';
import { atHead, type Placement } from './resume.js';
import { RuntimeHistory } from './runtime-history.js';

/** What the relay knows of one runtime of a device. */
export class RuntimeRecord {
  /** The newest snapshot of each type, as text. */
  readonly snapshots = new SparseMap<string, string>();
  /** `status` of the newest `update_loop_status`. */
  loopStatus: string | undefined;
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
    this.history.forget();
  }
}

export function loopStatusOf(frame: Frame): string | undefined {
  const loop = frame.type === 'update_loop_status' ? frame['loop_status'] : undefined;
  return isRecord(loop) && typeof loop['status'] === 'string' ? loop['status'] : undefined;
}

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
    private readonly maxRuntimes: number,
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
      record = new RuntimeRecord(key, runtime, new RuntimeHistory(runtime, this.journal));
      this.records.set(key, record);
    }
    this.newest = record;
    return record;
  }

  /** A runtime that the device speaks of. */
  ofDevice(runtime: Runtime): RuntimeRecord {
    const record = this.of(runtime);
    record.isReal = true;
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
    if (this.warm.size <= this.maxRuntimes && !this.journal.full) return;
    for (const oldest of this.warm) {
      if (this.warm.size <= this.maxRuntimes && !this.journal.full) return;
      if (oldest === record || oldest.history.hasReaders) continue;
      this.warm.delete(oldest);
      oldest.forget();
    }
  }

  /** Where each history ends now. */
  heads(): ReadonlyMap<string, Placement> {
    return new Map([...this.records].map(([key, { history }]) => [key, atHead(history)]));
  }
}
