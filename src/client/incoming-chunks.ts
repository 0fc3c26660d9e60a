import { ChunkError, ChunkJoiner } from '../channel/index.js';
import { decodeFrame, FrameError, isAnswerType, mayComeInChunks, readChunk, type Frame } from '../protocol/index.js';

/** A frame that came in chunks, and how long its text was. */
export interface JoinedFrame {
  readonly frame: Frame;
  readonly length: number;
}

/** Chunks of this request's answer add up to nothing that can be taken. */
export class AnswerChunksError extends Error {
  override readonly name = 'AnswerChunksError';

  constructor(
    readonly requestId: string,
    readonly isTooLarge: boolean,
    options?: ErrorOptions,
  ) {
    super(
      isTooLarge
        ? 'The answer is larger than this client takes; ask for a part of it (offset and length).'
        : 'The answer came in pieces that do not fit together.',
      options,
    );
  }
}

/** Large frames that come in chunks on one socket (protocol section 6). */
export class IncomingChunks {
  /** Made for the first of them. */
  private begun: ChunkJoiner | undefined;

  /** @param chunk hears of each one of an answer, and says whether somebody waits for it */
  constructor(
    private readonly maxLength: number,
    private readonly chunk: (requestId: string) => boolean,
  ) {}

  /**
   * @returns what it was the last piece of, else undefined
   * @throws AnswerChunksError; ChunkError or FrameError where it is of no answer, and the socket of no use any more
   */
  take(frame: Frame): JoinedFrame | undefined {
    const chunk = readChunk(frame);
    if (!chunk) throw new FrameError('BAD_CHUNK', 'A chunk lacks its fields.');
    const { request_id: requestId } = chunk;
    if (requestId === undefined) return read(this.joiner.take(chunk));
    if (!this.chunk(requestId)) return this.forget(requestId);
    try {
      const joined = read(this.joiner.take(chunk));
      if (!joined) return undefined;
      if (!isAnswerType(joined.frame.type)) throw new FrameError('BAD_CHUNK', 'The chunks hold no answer.');
      // Within it stands the id under which the device knows the request.
      return { ...joined, frame: { ...joined.frame, request_id: requestId } };
    } catch (cause) {
      const isTooLarge = cause instanceof ChunkError && cause.fault === 'TOO_LARGE';
      throw new AnswerChunksError(requestId, isTooLarge, { cause });
    }
  }

  /** The request has an answer, or needs none. */
  forget(requestId: string): undefined {
    this.begun?.forget(requestId);
  }

  private get joiner(): ChunkJoiner {
    return (this.begun ??= new ChunkJoiner({ maxLength: this.maxLength }));
  }
}

function read(text: string | undefined): JoinedFrame | undefined {
  if (text === undefined) return undefined;
  const frame = decodeFrame(text);
  if (mayComeInChunks(frame.type)) return { frame, length: text.length };
  throw new FrameError('BAD_CHUNK', `Chunks never hold a "${frame.type}".`);
}
