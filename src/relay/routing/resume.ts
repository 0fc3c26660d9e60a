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
  /** The last event the reader has. */
  readonly last: EventPlace | undefined;
}

/** A reader that begins now. */
export function atHead(history: RuntimeHistory, recovered = true): Placement {
  return { recovered, position: history.head, last: history.newest };
}

/** A reader that has seen nothing before this position, and is told nothing of it. */
export function fromPosition(position: number): Placement {
  return { recovered: true, position, last: undefined };
}

/**
 * The verdict on a client that resumes from a plain device's history (protocol section 5): it is recovered when the epoch
 * is known here and the event after its last is still kept, or has not come yet.
 */
export function placeResumed(history: RuntimeHistory, { seq, epoch }: ResumeFrom): Placement {
  if (epoch === undefined) return seq === 0 ? fromPosition(0) : atHead(history, false);
  const lastKnown = history.lastOf(epoch);
  const end = history.endOf(epoch);
  if (lastKnown === undefined || end === undefined) return atHead(history, false);
  const last = { epoch, seq };
  const next = seq < lastKnown ? history.find({ epoch, seq: seq + 1 }) : end + 1;
  if (next === undefined || !history.keepsAfter(next - 1)) return atHead(history, false);
  return { recovered: true, position: next - 1, last };
}

/** The first frame of a stream (or only) socket. Without a history `epoch` is null and both numbers are 0. */
export function resumeStatusText(
  history: RuntimeHistory | undefined,
  asked: ResumeFrom | undefined,
  { recovered }: Pick<Placement, 'recovered'>,
): string {
  const head = history?.newest;
  return encodeFrame({
    type: 'resume_status',
    recovered,
    epoch: head?.epoch ?? null,
    from: asked?.seq ?? head?.seq ?? 0,
    head: head?.seq ?? 0,
  });
}
