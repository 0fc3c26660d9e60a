import { isRecord, type Frame } from './frames.js';
import { readRuntime, type Runtime } from './runtime.js';

/** What a device's journal holds of one runtime and epoch: numbers `first` to `head`, nothing when `first` > `head` (protocol section 5). */
export interface JournalHead {
  readonly runtime: Runtime;
  readonly event_epoch: string;
  readonly first: number;
  readonly head: number;
}

/** The first frame of a listener on the stream socket of a resumable link, in one piece or several. */
export interface JournalsFrame extends Frame {
  readonly type: 'journals';
  /** Of one runtime oldest epoch first, and never in two pieces. */
  readonly heads: readonly JournalHead[];
  /** On the last piece. */
  readonly last?: true;
}

/** Asks a listener to go on after this event of a runtime. */
export interface RewindFrame extends Frame {
  readonly type: 'rewind';
  readonly runtime: Runtime;
  readonly event_epoch: string;
  /** Of the last event that the asker has; one less than the first where it has none. */
  readonly event_seq: number;
}

/** Numbers that a listener no longer keeps, both ends included. */
export interface JournalGapFrame extends Frame {
  readonly type: 'journal_gap';
  readonly runtime: Runtime;
  readonly event_epoch: string;
  readonly from: number;
  readonly to: number;
}

/** Runtimes that one `journals` may name (protocol section 5). */
export const MAX_JOURNALS = 1_000;

type Fields = Readonly<Record<string, unknown>>;

/** Reads a `journals` frame; heads that are none are left out. Undefined when the frame is no `journals`. */
export function readJournals(frame: Fields): { heads: JournalHead[]; isLast: boolean } | undefined {
  const { type, heads, last } = frame;
  if (type !== 'journals' || !Array.isArray(heads)) return undefined;
  return { heads: heads.flatMap((head: unknown) => readHead(head) ?? []), isLast: last === true };
}

/** Reads a `rewind`; undefined when the frame is none. */
export function readRewind(frame: Fields): RewindFrame | undefined {
  const { type, event_epoch, event_seq } = frame;
  const runtime = readRuntime(frame['runtime']);
  if (type !== 'rewind' || !runtime || !isEpoch(event_epoch) || !isNumber(event_seq)) return undefined;
  return { type, runtime, event_epoch, event_seq };
}

/** Reads a `journal_gap`; undefined when the frame is none. */
export function readJournalGap(frame: Fields): JournalGapFrame | undefined {
  const { type, event_epoch, from, to } = frame;
  if (type !== 'journal_gap') return undefined;
  const runtime = readRuntime(frame['runtime']);
  if (!runtime || !isEpoch(event_epoch)) return undefined;
  if (!isNumber(from) || !isNumber(to) || from > to) return undefined;
  return { type, runtime, event_epoch, from, to };
}

function readHead(value: unknown): JournalHead | undefined {
  if (!isRecord(value)) return undefined;
  const { event_epoch, first, head } = value;
  const runtime = readRuntime(value['runtime']);
  if (!runtime || !isEpoch(event_epoch) || !isNumber(first) || !isNumber(head) || first > head + 1) return undefined;
  return { runtime, event_epoch, first, head };
}

function isEpoch(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
