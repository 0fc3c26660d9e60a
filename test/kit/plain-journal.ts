import type { EpochSpan, Journal, JournalBounds, JournalEntry, NewEntry, NewGap } from '../../src/journal/index.js';
import { type Runtime, runtimeKey } from '../../src/protocol/index.js';

/** Limits, as those of a journal on disk. */
export interface PlainLimits {
  readonly maxEntriesPerRuntime?: number;
  readonly maxBytesPerRuntime?: number;
  readonly maxBytesPerScope?: number;
}

class PlainLog {
  /** Everything that was ever appended. */
  readonly entries: JournalEntry[] = [];
  readonly kept = new Map<string, string>();
  oldest = 1;
  released = 0;

  get held(): JournalEntry[] {
    return this.entries.slice(this.oldest - 1);
  }

  get bytes(): number {
    return this.held.reduce((sum, { frame }) => sum + (frame?.length ?? 0), 0);
  }
}

/** What a journal on disk must look like from outside, as plainly as it can be written: nothing is ever forgotten, only hidden. */
export class PlainJournal implements Pick<
  Journal,
  'append' | 'appendGap' | 'read' | 'bounds' | 'epochs' | 'kept' | 'drop' | 'release' | 'released' | 'forget' | 'bytes'
> {
  /** Silent longest first. */
  private readonly logs = new Map<string, PlainLog>();

  constructor(private readonly limits: PlainLimits) {}

  append(runtime: Runtime, { epoch, seq, type, frame, keep, keepText = frame, drop }: NewEntry): JournalEntry {
    const { kept } = this.log(runtime);
    if (drop !== undefined) kept.delete(drop);
    if (keep !== undefined) {
      kept.delete(keep);
      kept.set(keep, keepText);
    }
    return this.add(runtime, { epoch, seq, through: seq, type, frame });
  }

  appendGap(runtime: Runtime, { epoch, from, to }: NewGap): JournalEntry {
    return this.add(runtime, { epoch, seq: from, through: to, type: 'resume_gap', frame: undefined });
  }

  read(runtime: Runtime, after: number, limit: number): readonly JournalEntry[] {
    return this.log(runtime)
      .held.filter(({ position }) => position > after)
      .slice(0, limit);
  }

  bounds(runtime: Runtime): JournalBounds {
    const { oldest, entries } = this.log(runtime);
    return { oldest, head: entries.length };
  }

  epochs(runtime: Runtime): readonly EpochSpan[] {
    const { entries, oldest } = this.log(runtime);
    const names = new Set(entries.map(({ epoch }) => epoch));
    return [...names].map((epoch) => {
      const all = entries.filter((entry) => entry.epoch === epoch);
      const last = all.at(-1)?.through ?? 0;
      const kept = all.find(({ position }) => position >= oldest)?.seq ?? last + 1;
      return { epoch, first: all[0]?.seq ?? 0, last, kept };
    });
  }

  kept(runtime: Runtime): ReadonlyMap<string, string> {
    return this.log(runtime).kept;
  }

  drop(runtime: Runtime, name: string): void {
    this.log(runtime).kept.delete(name);
  }

  release(runtime: Runtime, through: number): void {
    const log = this.log(runtime);
    log.released = Math.max(log.released, Math.min(through, log.entries.length));
  }

  released(runtime: Runtime): number {
    return this.log(runtime).released;
  }

  forget(runtime: Runtime): void {
    const log = this.log(runtime);
    log.released = log.entries.length;
    log.oldest = log.entries.length + 1;
  }

  get bytes(): number {
    return [...this.logs.values()].reduce((sum, { bytes }) => sum + bytes, 0);
  }

  private add(runtime: Runtime, fields: Omit<JournalEntry, 'position'>): JournalEntry {
    const { maxEntriesPerRuntime = Infinity, maxBytesPerRuntime = Infinity, maxBytesPerScope = Infinity } = this.limits;
    const log = this.log(runtime);
    const key = runtimeKey(runtime);
    this.logs.delete(key);
    this.logs.set(key, log);
    const entry = { position: log.entries.length + 1, ...fields };
    log.entries.push(entry);
    const maxEntries = leftOf(log.held.length, maxEntriesPerRuntime);
    while (log.held.length > maxEntries) log.oldest++;
    const maxBytes = leftOf(log.bytes, maxBytesPerRuntime);
    while (log.bytes > maxBytes) log.oldest++;
    const left = leftOf(this.bytes, maxBytesPerScope);
    for (const silent of this.logs.values()) while (silent.held.length > 0 && this.bytes > left) silent.oldest++;
    return entry;
  }

  private log(runtime: Runtime): PlainLog {
    const key = runtimeKey(runtime);
    const log = this.logs.get(key) ?? new PlainLog();
    this.logs.set(key, log);
    return log;
  }
}

/** With what exceeds a limit, a twentieth of it goes. */
function leftOf(used: number, limit: number): number {
  return used > limit ? limit - Math.floor(limit / 20) : Infinity;
}
