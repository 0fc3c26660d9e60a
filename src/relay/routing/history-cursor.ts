import type { FrameSource, OutgoingFrame } from '../../channel/index.js';
import type { JournalEntry } from '../../journal/index.js';
import { gapText, withheldText } from './frame-text.js';
import type { HistoryReader } from './history-reader.js';
import type { ReplayTurns } from './replay-turns.js';
import type { Placement } from './resume.js';
import type { EventPlace, HistoryFollower, RuntimeHistory } from './runtime-history.js';

export interface HistoryCursorOptions {
  /** Whether this reader is shown what a `control_request` asks. */
  readonly mayApprove: boolean;
  /** Only events with an `idempotency_key`: for the second of two mirrored sockets. */
  readonly keyedOnly?: boolean;
  /** Where it waits for its turn to read what is old. */
  readonly turns?: ReplayTurns;
  /** Called when there may be something to read: it is asked for its next frame then. */
  readonly wake?: () => void;
}

/** Entries behind the newest one that are likely to be in memory still: whoever follows what happens now waits for nobody. */
const RECENT_ENTRIES = 256;

interface Insertion {
  /** It is due once the reader has everything up to this position. */
  readonly after: number;
  readonly text: string | undefined;
  readonly taken: (() => void) | undefined;
}

/**
 * One reader's place in one runtime's history, by name too: what a device brings again is for those who have not had it. It
 * costs nothing while its socket is slow; a reader that has fallen behind
 * what is kept is told so.
 */
export class HistoryCursor implements FrameSource, HistoryFollower {
  private at: number;
  private last: EventPlace | undefined;
  private isProvisional: boolean;
  private isAhead: boolean;
  private readonly reader: HistoryReader;
  private readonly told: string[] = [];
  private readonly insertions: Insertion[] = [];

  constructor(
    private readonly history: RuntimeHistory,
    placement: Placement,
    private readonly options: HistoryCursorOptions,
  ) {
    this.at = placement.position;
    this.last = placement.last;
    this.isProvisional = placement.isProvisional ?? false;
    this.isAhead = placement.isAhead ?? false;
    this.reader = history.reader();
  }

  get position(): number {
    return this.at;
  }

  /** Its socket looks whether there is something to send. */
  wake(): void {
    this.options.wake?.();
  }

  next(): OutgoingFrame | undefined {
    for (;;) {
      const told = this.told.shift();
      if (told !== undefined) return { text: told };
      if (!this.mayRead()) return undefined;
      const entry = this.reader.after(this.at);
      const text = this.isInsertionDue(entry) ? this.takeInsertion() : entry && this.pass(entry);
      if (text !== undefined) return { text };
      if (!entry && this.insertions.length === 0) return undefined;
    }
  }

  /**
   * Shows something that is no event of its own, after everything that is in the history now: state never overtakes an
   * earlier event.
   *
   * @param taken told when all of it has been sent, or the reader is gone
   */
  show(texts: readonly string[], taken?: () => void): void {
    const after = this.history.head;
    for (const text of texts) this.insertions.push({ after, text, taken: undefined });
    if (taken) this.insertions.push({ after, text: undefined, taken });
  }

  /** The device has said what it has: a reader who began before that, with nothing, begins after it. */
  settle(): void {
    if (!this.isProvisional) return;
    this.last ??= this.history.newestKnown;
    this.isProvisional = false;
    this.isAhead = !this.history.isComplete;
  }

  /** The device has brought again what it had. @returns whether this reader was not sent it; true once */
  refilled(): boolean {
    const { isAhead } = this;
    this.isAhead = false;
    return isAhead;
  }

  /** The reader is gone. */
  end(): void {
    if (this.options.wake) this.options.turns?.leave(this.options.wake);
    for (const { taken } of this.insertions.splice(0)) taken?.();
  }

  /** What is old is read from the disk, which everybody waits for: that is done in turn. */
  private mayRead(): boolean {
    const { turns, wake } = this.options;
    if (!turns || !wake || this.reader.holds(this.at)) return true;
    return this.history.head - this.at <= RECENT_ENTRIES || turns.admits(wake);
  }

  private isInsertionDue(entry: JournalEntry | undefined): boolean {
    const [insertion] = this.insertions;
    return insertion !== undefined && (!entry || insertion.after < entry.position);
  }

  private takeInsertion(): string | undefined {
    const insertion = this.insertions.shift();
    insertion?.taken?.();
    return insertion?.text;
  }

  /** Moves past an entry; undefined when there is nothing in it for this reader. */
  private pass(entry: JournalEntry): string | undefined {
    const isOverrun = entry.position > this.at + 1;
    const end = { epoch: entry.epoch, seq: entry.through };
    this.at = entry.position;
    if (this.history.isPast(end, this.last)) return undefined;
    const overrun = isOverrun ? this.history.between(this.last, entry) : [];
    const known = this.last?.epoch === entry.epoch ? this.last.seq : entry.seq - 1;
    this.last = end;
    const text = this.textOf(entry, known);
    if (overrun.length === 0 || this.options.keyedOnly) return text;
    this.told.push(...overrun.map((gap) => gapText(this.history.runtime, gap)));
    if (text !== undefined) this.told.push(text);
    return undefined;
  }

  private textOf(entry: JournalEntry, known: number): string | undefined {
    if (this.options.keyedOnly && !hasKey(entry.frame)) return undefined;
    if (entry.frame === undefined) {
      const from = Math.max(entry.seq, known + 1);
      return gapText(this.history.runtime, { epoch: entry.epoch, from, to: entry.through });
    }
    if (entry.type === 'control_request' && !this.options.mayApprove) return withheldText(entry.frame);
    return entry.frame;
  }
}

function hasKey(frame: string | undefined): boolean {
  return frame !== undefined && 'idempotency_key' in (JSON.parse(frame) as object);
}
