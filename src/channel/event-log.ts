import type { NumberRange } from '../protocol/index.js';

/** The part of an event's name that is its own: which process of the listener, and its number there. */
export interface EventPlace {
  readonly epoch: string;
  readonly seq: number;
}

/** An entry of a log: an event, or a hole (`frame` undefined, covering `seq` to `through`). */
export interface LoggedEvent {
  /** Counts over epochs, and is this log's alone. */
  readonly position: number;
  readonly epoch: string;
  readonly seq: number;
  readonly through: number;
  readonly frame: string | undefined;
}

/** One runtime's events, from which a cursor reads; a runtime of a journal is one. */
export interface EventLog {
  /** Position of the newest entry, committed or not. */
  readonly head: number;
  /** Position of the oldest entry that is kept; `head` + 1 when none is. */
  readonly oldest: number;
  /** The first committed entry after a position. */
  after(position: number): LoggedEvent | undefined;
  /** The position after which everything is later than this event; undefined for an epoch that is not known. */
  positionOf(place: EventPlace): number | undefined;
  /**
   * Names that are no longer kept between a reader's last event and an entry.
   *
   * @param last undefined: the reader has none
   * @param entry undefined: the end of the log
   */
  between(last: EventPlace | undefined, entry: LoggedEvent | undefined): readonly NumberRange[];
}
