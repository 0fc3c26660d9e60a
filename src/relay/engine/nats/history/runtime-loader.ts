import type { Journal } from '../../../../journal/index.js';
import type { Runtime } from '../../../../protocol/index.js';
import { type BatchEntry, decodeBatch, type HistoryBatch } from './history-batch.js';
import type { PartLabel, StoredMessage } from './history-stream.js';
import { keepNames } from './keep-names.js';
import { PartJoiner } from './message-parts.js';
import { readable } from './readable.js';
import { isGone, type RecordedEpoch, type RuntimeRecord } from './runtime-record.js';
import { type StreamMark, StreamMarks } from './stream-marks.js';

/** How far the streams are of one runtime. */
export interface StreamPlace {
  /** Sequence of the newest message with its events; 0: there is none. */
  readonly sequence: number;
  /** Sequence of the newest message with its record; 0: there is none. */
  readonly recordSequence: number;
  /** When the newest of its events were stored, epoch ms. */
  readonly at: number;
  readonly marks: StreamMarks;
  /** What `keep` has kept, by name. */
  readonly kept: Map<string, string>;
  /**
   * Whether its record says what there is. Where it is ahead, it includes what the stream has lost since: it must be written again,
   * before its sequences are used again.
   */
  readonly record: 'current' | 'behind' | 'ahead';
}

/** A runtime that the journal has already: a home that this node was before has left it. */
export interface LeftRuntime {
  readonly runtime: Runtime;
  /** The batch up to which journal and stream have the same. */
  readonly newest: StreamMark;
  readonly marks: StreamMarks;
  /** When that was stored, epoch ms. */
  readonly at: number;
}

export interface RuntimeLoaderParts {
  readonly journal: Journal;
  readonly record: RuntimeRecord | undefined;
  /** Sequence of the newest message with its record; 0: there is none. */
  readonly recordSequence: number;
  readonly left: LeftRuntime | undefined;
  /** Told of a message that says nothing. */
  unreadable(error: Error): void;
}

/** The type of what is no event. */
const HOLE = 'resume_gap';

interface LastName {
  readonly epoch: string;
  readonly seq: number;
}

/** Brings one runtime out of the streams into a journal that has nothing of it yet, or what was left of it: each event once, by its name. */
export class RuntimeLoader {
  private known: Runtime | undefined;
  private readonly joiner = new PartJoiner();
  private readonly marks: StreamMarks;
  private readonly kept: Map<string, string>;
  private sequence: number;
  private at: number;
  /** Sequence of the first part of the batch that is being joined. */
  private first = 0;
  private newest: LastName | undefined;
  private isBegun: boolean;

  private readonly journal: Journal;
  private readonly record: RuntimeRecord | undefined;

  constructor(private readonly parts: RuntimeLoaderParts) {
    const { journal, record, left } = parts;
    this.journal = journal;
    this.record = record;
    this.known = record?.runtime;
    this.kept = new Map(record?.kept);
    this.at = left?.at ?? record?.at ?? 0;
    this.marks = left?.marks ?? new StreamMarks();
    this.sequence = left?.newest.sequence ?? 0;
    this.isBegun = left !== undefined;
  }

  /** Undefined before its first batch is whole, where it has no record. */
  get runtime(): Runtime | undefined {
    return this.known;
  }

  get place(): StreamPlace {
    const { sequence, at, marks, kept } = this;
    const { recordSequence } = this.parts;
    const recorded = this.record?.sequence ?? 0;
    const record = recorded > sequence ? 'ahead' : recorded < sequence ? 'behind' : 'current';
    return { sequence, recordSequence, at, marks, kept, record };
  }

  add(message: StoredMessage): void {
    const { sequence, label, at } = message;
    this.sequence = sequence;
    if (label?.part === 1) this.first = sequence;
    const body = this.joiner.add(message);
    if (!body) return;
    this.at = at;
    const batch = readable(() => decodeBatch(body), this.parts.unreadable) ?? this.holeOf(label);
    if (!batch) return;
    this.known ??= batch.runtime;
    const isRecorded = sequence <= (this.record?.sequence ?? 0);
    for (const entry of batch.entries) {
      if (!isRecorded) keepNames(this.kept, entry, entry.frame);
      this.take(batch, entry, isRecorded);
    }
    const { head: position } = this.journal.bounds(batch.runtime);
    this.marks.add({ first: this.first, sequence, position, term: label?.term });
  }

  /** In place of a batch that cannot be read: which events are missing is known. */
  private holeOf(label: PartLabel | undefined): HistoryBatch | undefined {
    const { known: runtime } = this;
    if (!runtime || !label?.events) return undefined;
    const { epoch, first, last } = label.events;
    return { runtime, epoch, entries: [{ seq: first, through: last, type: HOLE, frame: undefined }] };
  }

  /**
   * There is nothing more in the stream.
   *
   * @param isAged whether its age alone can be why the stream has nothing of what the record includes
   */
  finish(isAged: boolean): void {
    const { record, newest } = this;
    if (!record || this.isBegun) return;
    const isLost = this.sequence < record.sequence && (this.sequence > 0 || !isAged);
    if (!isLost) this.recall(record.epochs);
    // What the stream has lost is not known: the device brings it again.
    else if (newest) this.recall(before(record.epochs, newest.epoch, newest.seq));
  }

  private take({ runtime, epoch }: HistoryBatch, entry: BatchEntry, isRecorded: boolean): void {
    const { seq, through, type, frame } = entry;
    if (isRecorded && this.record && isGone(this.record, epoch, through)) {
      this.newest = { epoch, seq: through };
      return;
    }
    this.begin(epoch, seq);
    const last = this.journal.last(runtime, epoch);
    const isClosed = last !== undefined && this.journal.epochs(runtime).at(-1)?.epoch !== epoch;
    if (isClosed || (last && through <= last.seq)) return;
    const next = last ? last.seq + 1 : seq;
    if (next < seq) this.journal.appendGap(runtime, { epoch, from: next, to: seq - 1 });
    if (frame === undefined) this.journal.appendGap(runtime, { epoch, from: next > seq ? next : seq, to: through });
    else this.journal.append(runtime, { epoch, seq, type, frame });
  }

  /** Names that went before its first entry are known again, and nothing of them is kept. */
  private begin(epoch: string, seq: number): void {
    if (this.isBegun) return;
    if (this.record) this.recall(before(this.record.epochs, epoch, seq - 1));
    this.isBegun = true;
  }

  private recall(epochs: readonly RecordedEpoch[]): void {
    const { known } = this;
    if (!known) return;
    for (const { epoch, first, last } of epochs)
      if (first <= last) this.journal.appendGap(known, { epoch, from: first, to: last });
    this.journal.forget(known);
  }
}

/** Epochs up to a name. An unknown one is later than all of them. */
function before(epochs: readonly RecordedEpoch[], epoch: string, seq: number): RecordedEpoch[] {
  const index = epochs.findIndex((known) => known.epoch === epoch);
  if (index === -1) return [...epochs];
  return epochs
    .slice(0, index + 1)
    .map((known) => (known.epoch === epoch ? { ...known, last: Math.min(known.last, seq) } : known));
}
