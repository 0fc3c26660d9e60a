import type { Journal } from '../../../../journal/index.js';
import type { Runtime } from '../../../../protocol/index.js';
import type { StoredMessage } from './history-stream.js';

/** Where a batch of a runtime lies, in the stream and in its journal. */
export interface StreamMark {
  /** Sequence of its first part. */
  readonly first: number;
  /** Sequence of its last part. */
  readonly sequence: number;
  /** Position of its last entry. */
  readonly position: number;
  /** Which home wrote it; undefined: nobody that is known here. */
  readonly term: number | undefined;
}

/** Beyond, every second one is let go: the stream then keeps a little more than it must. */
const MAX_MARKS = 128;

/** Which positions of a journal lie where in the stream. */
export class StreamMarks {
  /** Oldest first. */
  private marks: StreamMark[] = [];

  add(mark: StreamMark): void {
    this.marks.push(mark);
    if (this.marks.length > MAX_MARKS) this.marks = this.marks.filter((_, i) => i % 2 === 1 || i === MAX_MARKS);
  }

  /** The newest batch. */
  get newest(): StreamMark | undefined {
    return this.marks.at(-1);
  }

  /** Position of the last entry in the batch that ends with this message; undefined when that is not known. */
  positionAt(sequence: number): number | undefined {
    return this.marks.findLast((mark) => mark.sequence === sequence)?.position;
  }

  /** The stream has nothing beyond this message any more: the sequences that follow will be those of other ones. */
  cut(sequence: number): void {
    this.marks = this.marks.filter((mark) => mark.sequence <= sequence);
  }

  /**
   * Below which message everything may go when the journal keeps nothing before a position; the newest batch always stays, because it
   * says which message a home expects there. Undefined: nothing may go.
   */
  below(oldest: number): number | undefined {
    const newest = this.marks.at(-1);
    const gone = this.marks.findLast(({ position }) => position < oldest);
    if (!gone) return undefined;
    return gone === newest ? newest.first : gone.sequence + 1;
  }
}

/** Up to which position a stream has everything when this is its newest message; undefined where the cache does not have that. */
export function positionOf(
  { sequence, label }: StoredMessage,
  runtime: Runtime,
  marks: StreamMarks,
  cache: Journal,
): number | undefined {
  const marked = marks.positionAt(sequence);
  if (marked !== undefined || !label?.events) return marked;
  const { epoch, first, last } = label.events;
  if (label.part === label.parts) return cache.find(runtime, epoch, last);
  const next = cache.find(runtime, epoch, first);
  return next === undefined ? undefined : next - 1;
}

/** Whether a later home wrote it. */
export function isLater(message: StoredMessage | undefined, term: number): boolean {
  return message?.label !== undefined && message.label.term > term;
}
