import type { Frame } from './frames.js';

/** A piece of the text of one large frame (protocol section 6). */
export interface ChunkFrame extends Frame {
  readonly type: 'chunk';
  readonly id: string;
  /** From 0. */
  readonly index: number;
  readonly last: boolean;
  readonly data: string;
  /** On a piece of an answer: whose. It counts then, in place of `id`. */
  readonly request_id?: string;
}

/** Says which pieces of an answer its asker's socket has taken. */
export interface ChunkAckFrame extends Frame {
  readonly type: 'chunk_ack';
  readonly id: string;
  /** All up to this one; -1: none. */
  readonly index: number;
  /** Nobody takes the rest. */
  readonly stop?: true;
}

/** Frames of more than this many UTF-16 units are sent in chunks where that is agreed. */
export const LARGE_FRAME_LENGTH = 64 * 1024;

/** Bytes of one answer in chunks. */
export const DEFAULT_MAX_ANSWER_BYTES = 64 * 1024 * 1024;

/** Of an answer in chunks at most this much is sent and not confirmed, in UTF-16 units. */
export const MAX_UNCONFIRMED_LENGTH = 1024 * 1024;

/** Ids that may be open on one socket: begun, and without their last chunk. */
export const MAX_OPEN_CHUNKED = 8;

/** Frames that no chunks may add up to: they are about the socket itself. */
const NEVER_IN_CHUNKS: ReadonlySet<string> = new Set(['chunk', 'chunk_ack', 'ack', 'ping', 'pong', 'listener_ready']);

export function mayComeInChunks(type: string): boolean {
  return !NEVER_IN_CHUNKS.has(type);
}

type Fields = Readonly<Record<string, unknown>>;

/** Reads a `chunk`; undefined when the frame is none. */
export function readChunk(frame: Fields): ChunkFrame | undefined {
  const { type, id, index, last, data, request_id: requestId } = frame;
  if (type !== 'chunk' || !isId(id) || !isIndex(index) || typeof last !== 'boolean' || typeof data !== 'string')
    return undefined;
  if (requestId === undefined) return { type, id, index, last, data };
  return isId(requestId) ? { type, id, request_id: requestId, index, last, data } : undefined;
}

/** Reads a `chunk_ack`; undefined when the frame is none. */
export function readChunkAck(frame: Fields): ChunkAckFrame | undefined {
  const { type, id, index, stop } = frame;
  if (type !== 'chunk_ack' || !isId(id) || !(index === -1 || isIndex(index))) return undefined;
  return { type, id, index, ...(stop === true ? { stop } : {}) };
}

function isId(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function isIndex(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
