import { type ChunkFrame, encodeFrame } from '../protocol/index.js';
import type { FrameSource, OutgoingFrame } from './frame-source.js';

const NOTHING: readonly string[] = [];

/** UTF-16 units of one chunk. What control waits for at worst is a few of these, so they are small. */
export const CHUNK_LENGTH = 16 * 1024;

export interface ChunkSourceOptions {
  readonly id: string;
  /** Whose answer it is. */
  readonly requestId?: string | undefined;
  /** Sent and not confirmed by `confirmThrough`, in UTF-16 units of the text: at most, but for one chunk. Default: no bound. */
  readonly maxUnconfirmed?: number;
  /** The last chunk was given to the socket. */
  readonly done?: () => void;
  /** Of the last chunk. */
  readonly confirmed?: (() => void) | undefined;
  /** Of any chunk. */
  readonly givenUp?: (() => void) | undefined;
}

/** One large text on its way in chunks: a source of a channel like any other, so that it shares the channel with the rest. */
export class ChunkSource implements FrameSource {
  private pieces: Iterator<string>;
  private ahead: IteratorResult<string>;
  private index = 0;
  /** Of chunks that were sent and not confirmed, the oldest first. */
  private readonly unconfirmed: number[] = [];
  private unconfirmedLength = 0;
  private hasEnded: boolean;

  /** @param pieces of the text, cut between code points; none is empty */
  constructor(
    pieces: Iterable<string>,
    private readonly options: ChunkSourceOptions,
  ) {
    this.pieces = pieces[Symbol.iterator]();
    this.ahead = this.pieces.next();
    this.hasEnded = this.ahead.done === true;
  }

  /** Whether there is nothing to send until something is confirmed, or ever. */
  get idle(): boolean {
    return this.hasEnded || this.unconfirmedLength >= (this.options.maxUnconfirmed ?? Infinity);
  }

  /** Whether every chunk was given to the socket, or the rest was given up. */
  get ended(): boolean {
    return this.hasEnded;
  }

  /** Whether something was sent that is not confirmed. */
  get awaitsConfirmation(): boolean {
    return this.unconfirmed.length > 0;
  }

  next(): OutgoingFrame | undefined {
    const { done, value } = this.ahead;
    if (this.idle || done === true) return undefined;
    this.ahead = this.pieces.next();
    // Whoever gives the pieces may have stopped it.
    if (this.hasEnded) return undefined;
    const last = this.ahead.done === true;
    const text = encodeFrame(this.frame(value, last));
    this.index++;
    this.await(value.length);
    const { confirmed, givenUp } = this.options;
    if (last) this.end();
    return { text, ...(last && confirmed ? { confirmed } : {}), ...(givenUp ? { givenUp } : {}) };
  }

  /**
   * The receiver has taken every chunk up to this one.
   *
   * @returns false when it was not sent
   */
  confirmThrough(index: number): boolean {
    if (index >= this.index) return false;
    for (let first = this.index - this.unconfirmed.length; first <= index; first++)
      this.unconfirmedLength -= this.unconfirmed.shift() ?? 0;
    return true;
  }

  /** The rest is not wanted. */
  stop(): void {
    this.hasEnded = true;
    this.unconfirmed.length = 0;
    this.pieces = NOTHING[Symbol.iterator]();
  }

  private frame(data: string, last: boolean): ChunkFrame {
    const { id, requestId } = this.options;
    const named = requestId === undefined ? {} : { request_id: requestId };
    return { type: 'chunk', id, ...named, index: this.index, last, data };
  }

  private await(length: number): void {
    if (this.options.maxUnconfirmed === undefined) return;
    this.unconfirmed.push(length);
    this.unconfirmedLength += length;
  }

  private end(): void {
    this.hasEnded = true;
    this.options.done?.();
  }
}
