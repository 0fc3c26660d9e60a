import type { NumberRange } from '../protocol/index.js';
import type { EventPlace } from './event-log.js';

/** What a receiver has of one runtime: a runtime of its history is one. */
export interface ReceivedLog {
  /** The last number of an epoch, kept or not any more; undefined for an epoch never seen. */
  lastOf(epoch: string): number | undefined;
  /** The newest event. */
  readonly newest: EventPlace | undefined;
}

/** What a sender has of one epoch: `first` to `head`, nothing when `first` > `head`. */
export interface AnnouncedEpoch {
  readonly epoch: string;
  readonly first: number;
  readonly head: number;
}

/** What to do with an event or a gap that arrived. */
export type Arrival =
  /** Append it; numbers that are gone for good come before it. */
  | { readonly do: 'append'; readonly hole?: NumberRange }
  /** It is here already, or its epoch is closed. */
  | { readonly do: 'drop' }
  /** Ask the sender to go on after this event; it and what follows is ignored until that comes. */
  | { readonly do: 'rewind'; readonly to: EventPlace }
  /** What was asked for has not come yet. */
  | { readonly do: 'ignore' };

const DROP: Arrival = { do: 'drop' };
const IGNORE: Arrival = { do: 'ignore' };
const APPEND: Arrival = { do: 'append' };

/**
 * Receives one runtime's events on one link: each name once and in order, whatever the sender repeats, skips or has lost
 * (protocol section 5). `following`, or `waiting` for what a rewind asked for.
 */
export class RuntimeIntake {
  private announced: readonly AnnouncedEpoch[] = [];
  private asked: EventPlace | undefined;

  constructor(private readonly log: ReceivedLog) {}

  /** Whether a rewind is under way. */
  get waiting(): boolean {
    return this.asked !== undefined;
  }

  /**
   * What the sender has, oldest epoch first.
   *
   * @returns where the sender is to go on from, when it has more
   */
  announce(epochs: readonly AnnouncedEpoch[]): EventPlace | undefined {
    this.announced = epochs;
    return this.ask(this.firstMissing());
  }

  event({ epoch, seq }: EventPlace): Arrival {
    return this.arrived({ epoch, from: seq, to: seq }, this.nextOf(epoch) ?? seq);
  }

  /** Numbers that the sender has lost. What of them is to be appended: see `holeOf`. */
  gap(range: NumberRange): Arrival {
    return this.arrived(range, this.nextInGap(range));
  }

  /** The part of a gap that is not here yet. */
  holeOf(range: NumberRange): NumberRange {
    return { ...range, from: Math.max(range.from, this.nextInGap(range)) };
  }

  private arrived({ epoch, from, to }: NumberRange, next: number): Arrival {
    if (this.asked) {
      const wanted = this.asked.seq + 1;
      if (epoch !== this.asked.epoch || from > wanted) return IGNORE;
      if (to < wanted) return DROP;
      this.asked = undefined;
    }
    if (this.isClosed(epoch)) return DROP;
    const isNew = this.log.lastOf(epoch) === undefined;
    const missing = isNew ? this.firstMissing(epoch) : undefined;
    if (missing) return this.rewindTo(missing);
    if (to < next) return DROP;
    if (from > next) return this.rewindTo({ epoch, seq: next - 1 });
    return isNew ? this.opening(next) : APPEND;
  }

  /** Numbers continue over epochs: what an epoch's first event leaves out is known. */
  private opening(first: number): Arrival {
    const { newest } = this.log;
    if (!newest || first <= newest.seq + 1) return APPEND;
    return { do: 'append', hole: { epoch: newest.epoch, from: newest.seq + 1, to: first - 1 } };
  }

  private rewindTo(to: EventPlace): Arrival {
    this.ask(to);
    return { do: 'rewind', to };
  }

  private ask(to: EventPlace | undefined): EventPlace | undefined {
    this.asked = to;
    return to;
  }

  /** The number that an epoch goes on with; undefined where anything may be its first. */
  private nextOf(epoch: string): number | undefined {
    const last = this.log.lastOf(epoch);
    if (last !== undefined) return last + 1;
    return this.announced.find((span) => span.epoch === epoch)?.first;
  }

  /** A gap may tell of the beginning of an epoch, of which nothing was kept any more when it was announced. */
  private nextInGap({ epoch, from }: NumberRange): number {
    const next = this.nextOf(epoch) ?? from;
    return this.log.lastOf(epoch) === undefined ? Math.min(next, from) : next;
  }

  /** An epoch is closed once a later one has been appended. */
  private isClosed(epoch: string): boolean {
    if (this.log.newest?.epoch === epoch) return false;
    const index = this.announced.findIndex((span) => span.epoch === epoch);
    return this.log.lastOf(epoch) !== undefined || (index >= 0 && index < this.firstOpen());
  }

  /** Index of the oldest announced epoch that may still grow here. */
  private firstOpen(): number {
    const seen = this.announced.findLastIndex(({ epoch }) => this.log.lastOf(epoch) !== undefined);
    const isNewest = this.announced[seen]?.epoch === this.log.newest?.epoch;
    return isNewest ? Math.max(seen, 0) : seen + 1;
  }

  /** The oldest thing the sender has and this side has not; only of epochs before `until`, where one is given. */
  private firstMissing(until?: string): EventPlace | undefined {
    for (const { epoch, first, head } of this.announced.slice(this.firstOpen())) {
      if (epoch === until) return undefined;
      const last = this.log.lastOf(epoch) ?? first - 1;
      if (last < head) return { epoch, seq: last };
    }
    return undefined;
  }
}
