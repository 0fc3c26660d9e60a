import { encodeFrame } from '../../protocol/index.js';
import type { EventPlace, RuntimeHistory } from './runtime-history.js';

/** What a client asks for: go on after this event. */
export interface ResumeFrom {
  readonly seq: number;
  readonly epoch: string | undefined;
}

/** Where a reader is put, and whether it then misses nothing. */
export interface Placement {
  readonly recovered: boolean;
  /** Position in the history: what comes after it follows. */
  readonly position: number;
  /** The last event the reader has: nothing up to it is sent, whenever it comes. */
  readonly last: EventPlace | undefined;
  /** It begins now and nothing is known yet: when the device says what it has, it begins after that. */
  readonly isProvisional?: boolean;
  /** It begins after what the device has yet to bring again, and is to be shown what has become of that. */
  readonly isAhead?: boolean;
}

/** A reader that begins now. */
export function atHead(history: RuntimeHistory, recovered = true): Placement {
  const last = history.newestKnown;
  return { recovered, position: history.head, last, isProvisional: last === undefined, isAhead: !history.isComplete };
}

/** A reader that has seen nothing before this position, and is told nothing of it. */
export function fromPosition(position: number): Placement {
  return { recovered: true, position, last: undefined };
}

/** A reader that begins with the newest events. @param events how many, as far as they are kept */
export function fromRecent(history: RuntimeHistory, events: number): Placement {
  return fromPosition(Math.max(0, history.head - events));
}

/**
 * The verdict on a client that resumes (protocol section 5): it is recovered when the epoch is known, and the event after its
 * last one is still kept, here or by the device, or has not come yet. One that is not begins at the newest event, where there
 * is any.
 */
export function placeResumed(history: RuntimeHistory, { seq, epoch }: ResumeFrom): Placement {
  if (epoch === undefined) return seq === 0 ? fromPosition(0) : atHead(history, false);
  const last = { epoch, seq };
  const position = positionOf(history, last);
  if (position !== undefined) return { recovered: true, position, last };
  // Nothing is known at all: what the device brings once it is back follows the event that the reader has.
  return history.newestKnown ? atHead(history, false) : { recovered: false, position: history.head, last };
}

/** Whether a device that has not said yet what it has could still make a difference to the verdict. */
export function mayBeAnnounced(history: RuntimeHistory, { epoch }: ResumeFrom): boolean {
  return epoch !== undefined && history.lastOf(epoch) === undefined;
}

/** After which position everything is that follows an event; undefined when some of that is gone. */
function positionOf(history: RuntimeHistory, { epoch, seq }: EventPlace): number | undefined {
  const where = history.next({ epoch, seq });
  if (where === 'gone') return undefined;
  if (where === 'announced') return history.head;
  const isNewest = seq >= (history.lastOf(epoch) ?? 0);
  const next = history.find({ epoch, seq: seq + 1 });
  const position = isNewest ? history.endOf(epoch) : next && next - 1;
  return position !== undefined && history.keepsAfter(position) ? position : undefined;
}

/** The first frame of a stream (or only) socket. Without a history `epoch` is null and both numbers are 0. */
export function resumeStatusText(
  history: RuntimeHistory | undefined,
  asked: ResumeFrom | undefined,
  { recovered }: Pick<Placement, 'recovered'>,
): string {
  const head = history?.newestKnown;
  return encodeFrame({
    type: 'resume_status',
    recovered,
    epoch: head?.epoch ?? null,
    from: asked?.seq ?? head?.seq ?? 0,
    head: head?.seq ?? 0,
  });
}
