import type { NumberRange } from '../protocol/index.js';
import type { EventLog, EventPlace, LoggedEvent } from './event-log.js';
import type { FrameSource, OutgoingFrame } from './frame-source.js';

export interface EventCursorOptions {
  /** The frame that tells of numbers which are no longer kept. */
  readonly gap: (range: NumberRange) => string;
  /** Told up to which position the peer is responsible for everything. */
  readonly safe: (position: number) => void;
  /** Told of an event that is too large for the peer, and is not to be sent again. */
  readonly refused?: (position: number) => void;
}

/**
 * One runtime's place on one socket: sends its events in order from a safe position on, what is no longer kept as a gap, and
 * goes back where the peer asks for it (protocol section 5). It ends with its socket; the next one begins at the position that
 * was safe then.
 */
export class EventCursor implements FrameSource {
  private position: number;
  /** The last event that was taken, or told as missing; undefined: none, or not known any more. */
  private last: EventPlace | undefined;
  private readonly gaps: OutgoingFrame[] = [];
  /** Whether names may be missing between the last event and the next position: at the beginning, and after a rewind. */
  private mayMiss = true;
  /** Counts rewinds: what was in flight before the newest one says nothing any more. */
  private age = 0;

  /** @param safe what comes after this position is sent */
  constructor(
    private readonly log: EventLog,
    safe: number,
    private readonly options: EventCursorOptions,
  ) {
    this.position = safe;
    const known = log.after(safe - 1);
    if (known?.position === safe) this.last = { epoch: known.epoch, seq: known.through };
    else if (known?.position === safe + 1 || safe >= log.head) this.mayMiss = false;
  }

  /** Whether there is nothing left to take. */
  get idle(): boolean {
    return !this.mayMiss && this.gaps.length === 0 && this.position >= this.log.head;
  }

  next(): OutgoingFrame | undefined {
    const entry = this.log.after(this.position);
    const isNext = !this.mayMiss && entry?.position === this.position + 1;
    if (!isNext && this.gaps.length === 0) this.lookForGaps(entry);
    return this.gaps.shift() ?? (entry && this.take(entry));
  }

  /** Goes on after this event, whatever is in flight. @returns false when its epoch is not known here */
  rewind(place: EventPlace): boolean {
    const position = this.log.positionOf(place);
    if (position === undefined) return false;
    this.age++;
    this.gaps.length = 0;
    this.position = position;
    this.last = place;
    this.mayMiss = true;
    return true;
  }

  /** What retention has dropped ahead of this cursor is told before what follows it. */
  private lookForGaps(entry: LoggedEvent | undefined): void {
    const { oldest, head } = this.log;
    // What is not committed yet is not missing.
    if (!entry && oldest <= head) return;
    const end = entry ? entry.position - 1 : head;
    if (!this.mayMiss && end <= this.position) return;
    this.mayMiss = false;
    this.position = end;
    const missing = this.log.between(this.last, entry);
    const newest = missing.at(-1);
    if (!newest) return;
    this.last = { epoch: newest.epoch, seq: newest.to };
    for (const range of missing) {
      const text = this.options.gap(range);
      // With the last of them all that came before `end` is told.
      this.gaps.push(range === newest ? { text, confirmed: this.safeUntilRewind(end) } : { text });
    }
  }

  /** Says that a position is safe, unless the peer has asked for something earlier meanwhile. */
  private safeUntilRewind(position: number): () => void {
    const { age } = this;
    return () => {
      if (age === this.age) this.options.safe(position);
    };
  }

  private take({ position, epoch, seq, through, frame }: LoggedEvent): OutgoingFrame {
    this.position = position;
    this.last = { epoch, seq: through };
    const text = frame ?? this.options.gap({ epoch, from: seq, to: through });
    return {
      text,
      confirmed: this.safeUntilRewind(position),
      givenUp: () => this.options.refused?.(position),
    };
  }
}
