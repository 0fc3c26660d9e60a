import type { AnnouncedEpoch, EventPlace } from '../../channel/index.js';
import { missingBetween, type EpochSpan } from '../../journal/index.js';
import type { NumberRange } from '../../protocol/index.js';

/** Where an event stands that follows a reader's last one. */
export type NextEvent =
  /** In the history, or the first that will come after it: of an epoch that it has. */
  | 'here'
  /** Still with the device, which will send it. */
  | 'announced'
  /** No longer kept anywhere, or of an epoch that nobody knows. */
  | 'gone';

interface Span {
  readonly epoch: string;
  readonly first: number;
  last: number;
}

/**
 * The epochs of one runtime: those of which the history has seen events, and those that the device has announced to keep. It
 * knows the order of any two events by their names, before they have come.
 */
export class KnownEpochs {
  /** Oldest first. */
  private readonly spans: Span[];
  private announced: readonly AnnouncedEpoch[] = [];

  /**
   * @param seen oldest first
   * @param most epochs that are known; beyond, the oldest is forgotten
   */
  constructor(
    seen: readonly EpochSpan[] = [],
    private readonly most = Infinity,
  ) {
    this.spans = seen.map(({ epoch, first, last }) => ({ epoch, first, last }));
  }

  /** The newest event of the history; undefined before the first. */
  get newest(): EventPlace | undefined {
    const span = this.spans.at(-1);
    return span && { epoch: span.epoch, seq: span.last };
  }

  /** The newest event that is known of, here or with the device; undefined before the first. */
  get head(): EventPlace | undefined {
    const { newest } = this;
    const last = this.announced.at(-1);
    if (!last) return newest;
    const { epoch, head: seq } = last;
    if (newest?.epoch === epoch) return { epoch, seq: Math.max(seq, newest.seq) };
    return this.lastOf(epoch) === undefined ? { epoch, seq } : newest;
  }

  /** Whether everything is in the history that the device has announced. */
  get isComplete(): boolean {
    const last = this.announced.findLast(({ first, head }) => first <= head);
    return !last || (this.lastOf(last.epoch) ?? -1) >= last.head;
  }

  /** The last number of an epoch in the history, kept or not any more; undefined for an epoch never seen. */
  lastOf(epoch: string): number | undefined {
    return this.spans.findLast((span) => span.epoch === epoch)?.last;
  }

  /** The history has one more entry. */
  added({ epoch, from, to }: NumberRange): void {
    const span = this.spans.findLast((known) => known.epoch === epoch);
    if (span) {
      span.last = to;
      return;
    }
    this.spans.push({ epoch, first: from, last: to });
    if (this.spans.length > this.most) this.spans.splice(0, this.spans.length - this.most);
    // An epoch that was not announced is the live one, and begins when everything announced is here.
    if (!this.announced.some((known) => known.epoch === epoch)) this.announced = [];
  }

  /** @param epochs what the device keeps, oldest first */
  announce(epochs: readonly AnnouncedEpoch[]): void {
    this.announced = this.most < epochs.length ? epochs.slice(-this.most) : epochs;
  }

  /** Where the event after this one stands; the history must say whether what is `here` is still kept. */
  next({ epoch, seq }: EventPlace): NextEvent {
    const last = this.lastOf(epoch);
    if (last !== undefined && seq < last) return 'here';
    const announced = this.announced.find((known) => known.epoch === epoch);
    if (announced && seq + 1 < announced.first && this.isOpen(epoch)) return 'gone';
    if (last !== undefined) return 'here';
    return announced && this.isOpen(epoch) ? 'announced' : 'gone';
  }

  /** Whether an event of the history is not beyond a reader's last one: by name, wherever either of them stands. */
  isPast({ epoch, seq }: EventPlace, last: EventPlace | undefined): boolean {
    if (!last) return false;
    if (epoch === last.epoch) return seq <= last.seq;
    return isBefore(this.spans, epoch, last.epoch) ?? isBefore(this.announced, epoch, last.epoch) ?? false;
  }

  /** Names between a reader's last event and an entry. Undefined: the reader has none. */
  between(last: EventPlace | undefined, entry: EventPlace): NumberRange[] {
    const known = last && this.lastOf(last.epoch) === undefined ? this.endBefore(entry.epoch) : last;
    return missingBetween(
      this.spans.map((span) => ({ ...span, kept: span.first })),
      known,
      entry,
    );
  }

  /** Whether the history may still get events of an epoch: none of a later one has come. */
  private isOpen(epoch: string): boolean {
    const { newest } = this;
    if (!newest || newest.epoch === epoch) return true;
    if (this.lastOf(epoch) !== undefined) return false;
    const index = this.announced.findIndex((known) => known.epoch === epoch);
    return !this.announced.slice(index + 1).some((later) => this.lastOf(later.epoch) !== undefined);
  }

  /** The last event before an epoch of the history began. */
  private endBefore(epoch: string): EventPlace | undefined {
    const before = this.spans[this.spans.findIndex((span) => span.epoch === epoch) - 1];
    return before && { epoch: before.epoch, seq: before.last };
  }
}

/** Undefined: the list does not have both. */
function isBefore(list: readonly { readonly epoch: string }[], a: string, b: string): boolean | undefined {
  const [indexOfA, indexOfB] = [a, b].map((epoch) => list.findIndex((known) => known.epoch === epoch));
  if (indexOfA === undefined || indexOfB === undefined || indexOfA < 0 || indexOfB < 0) return undefined;
  return indexOfA < indexOfB;
}
