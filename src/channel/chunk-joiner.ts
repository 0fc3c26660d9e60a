import { type ChunkFrame, MAX_OPEN_CHUNKED, SparseMap } from '../protocol/index.js';

/** Chunks that do not fit together; `fault` says how, and the message what the sender is to do. */
export class ChunkError extends Error {
  override readonly name = 'ChunkError';

  constructor(
    readonly fault: 'TOO_MANY' | 'OUT_OF_ORDER' | 'TOO_LARGE',
    message: string,
  ) {
    super(message);
  }
}

export interface ChunkJoinerOptions {
  /** UTF-16 units of one joined text. */
  readonly maxLength: number;
  /** UTF-16 units that all texts begun here may have together. Default: what `maxLength` and `maxOpen` allow. */
  readonly maxHeld?: number;
  /** Default: as many as the protocol allows on one socket. */
  readonly maxOpen?: number;
}

interface Open {
  readonly pieces: string[];
  /** Index of the chunk that is to come. */
  next: number;
  length: number;
}

/** UTF-16 units. */
const LEAST_COUNTED = 256;

/** What a chunk counts where chunks are bounded, in UTF-16 units: what a million empty ones cost is not nothing. */
export function countedLength({ data }: Pick<ChunkFrame, 'data'>): number {
  return Math.max(data.length, LEAST_COUNTED);
}

/**
 * Puts the chunks of one socket together again. It holds as much as its bounds allow, whatever comes; what was begun and does
 * not go on ends with the socket.
 */
export class ChunkJoiner {
  private readonly open = new SparseMap<string, Open>();
  /** UTF-16 units of all that are open. */
  private held = 0;

  constructor(private readonly options: ChunkJoinerOptions) {}

  /**
   * Takes the next chunk. With index 0 an id begins, also one that is open: its sender has begun again.
   *
   * @returns the whole text with the last chunk, else undefined
   * @throws ChunkError; what has come of this id is forgotten then
   */
  take(chunk: ChunkFrame): string | undefined {
    const { id, request_id: requestId, index, last } = chunk;
    const key = requestId === undefined ? `id ${id}` : `request ${requestId}`;
    if (index === 0) this.drop(key);
    const open = this.open.get(key) ?? this.begin(id, key);
    try {
      this.append(open, chunk);
    } catch (error) {
      this.drop(key);
      throw error;
    }
    if (!last) return undefined;
    this.drop(key);
    return open.pieces.join('');
  }

  /** What has come of an answer is of no use any more. */
  forget(requestId: string): void {
    this.drop(`request ${requestId}`);
  }

  private begin(id: string, key: string): Open {
    const { maxOpen = MAX_OPEN_CHUNKED } = this.options;
    if (this.open.size >= maxOpen)
      throw new ChunkError(
        'TOO_MANY',
        `Chunks of "${id}" begin while ${maxOpen} frames in chunks are open: finish those.`,
      );
    const open: Open = { pieces: [], next: 0, length: 0 };
    this.open.set(key, open);
    return open;
  }

  private drop(key: string): void {
    this.held -= this.open.get(key)?.length ?? 0;
    this.open.delete(key);
  }

  private append(open: Open, chunk: ChunkFrame): void {
    const { maxLength, maxHeld = Infinity } = this.options;
    const { index, data } = chunk;
    if (index !== open.next)
      throw new ChunkError('OUT_OF_ORDER', `A chunk has index ${index}, but ${open.next} was to come.`);
    open.next++;
    const length = countedLength(chunk);
    open.length += length;
    this.held += length;
    if (open.length > maxLength)
      throw new ChunkError('TOO_LARGE', `The chunks add up to more than ${maxLength} bytes.`);
    if (this.held > maxHeld)
      throw new ChunkError(
        'TOO_LARGE',
        `The frames in chunks that are open add up to more than ${maxHeld} bytes: finish some before others begin.`,
      );
    open.pieces.push(data);
  }
}
