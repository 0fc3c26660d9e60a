import type { EventLog, EventPlace, LoggedEvent } from '../channel/index.js';
import { type Journal, missingBetween } from '../journal/index.js';
import type { NumberRange, Runtime } from '../protocol/index.js';

/** One runtime of the journal, as a cursor reads it. */
export class JournalLog implements EventLog {
  /** Events that no server takes: told as gaps. */
  private readonly refused = new Set<number>();

  constructor(
    readonly runtime: Runtime,
    private readonly journal: Journal,
  ) {}

  get head(): number {
    return this.journal.bounds(this.runtime).head;
  }

  get oldest(): number {
    return this.journal.bounds(this.runtime).oldest;
  }

  after(position: number): LoggedEvent | undefined {
    const [entry] = this.journal.read(this.runtime, position, 1);
    return entry && this.refused.has(entry.position) ? { ...entry, frame: undefined } : entry;
  }

  positionOf({ epoch, seq }: EventPlace): number | undefined {
    const { runtime, journal } = this;
    const kept = journal.find(runtime, epoch, seq);
    if (kept !== undefined) return kept;
    const span = journal.epochs(runtime).find((known) => known.epoch === epoch);
    if (!span) return undefined;
    const next = journal.find(runtime, epoch, Math.max(span.kept, seq + 1));
    return next === undefined ? journal.last(runtime, epoch)?.position : next - 1;
  }

  between(last: EventPlace | undefined, entry: LoggedEvent | undefined): readonly NumberRange[] {
    return missingBetween(this.journal.epochs(this.runtime), last, entry);
  }

  /** The peer takes no frame as large as the one here. */
  refuse(position: number): void {
    this.refused.add(position);
  }
}
