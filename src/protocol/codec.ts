import { isRecord, type Frame } from './frames.js';

/**
 * Why a message is not taken as a frame. All but `NO_TYPE`, `TOO_DEEP`, `TOO_LARGE` and `BAD_CHUNK` (of chunks that add up to no
 * frame) are broken framing and close the socket (protocol section 6).
 */
export type FrameFault =
  | 'BINARY'
  | 'NOT_JSON'
  | 'NOT_OBJECT'
  | 'REPEATED_KEY'
  | 'NO_TYPE'
  | 'TOO_DEEP'
  | 'TOO_LARGE'
  | 'BAD_CHUNK';

const INTACT: ReadonlySet<FrameFault> = new Set(['NO_TYPE', 'TOO_DEEP', 'TOO_LARGE', 'BAD_CHUNK']);

export class FrameError extends Error {
  override readonly name = 'FrameError';

  constructor(
    readonly fault: FrameFault,
    message: string,
    options?: ErrorOptions,
    /** What was read, where the framing is intact: whom to answer, or which event it was. Nothing in it is checked. */
    readonly value?: Readonly<Record<string, unknown>>,
  ) {
    super(message, options);
  }

  /** Whether the peer can no longer be trusted to frame its messages. */
  get breaksFraming(): boolean {
    return !INTACT.has(this.fault);
  }
}

/** Deepest nesting of a frame; default of `decodeFrame`. */
export const MAX_FRAME_DEPTH = 128;

/**
 * A socket takes messages of up to this many times `maxFrameBytes`, to refuse what is too large without breaking the link;
 * beyond, it closes with 1009.
 */
export const REFUSED_SIZE_FACTOR = 2;

export interface FrameLimits {
  /** Default: `MAX_FRAME_DEPTH`. */
  readonly maxDepth?: number;
  /** Bytes of UTF-8. Default: no bound. */
  readonly maxBytes?: number;
}

/**
 * Reads one message as a frame.
 *
 * @throws FrameError for binary messages, text that is no JSON object, a repeated top-level key (two readers could see
 * two different frames), nesting or size beyond the limits, or a missing `type`
 */
export function decodeFrame(text: string, isBinary = false, limits: FrameLimits = {}): Frame {
  const { maxDepth = MAX_FRAME_DEPTH, maxBytes = Infinity } = limits;
  if (isBinary) throw new FrameError('BINARY', 'Frames are JSON text; this message is binary.');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new FrameError('NOT_JSON', 'The message is not JSON.', { cause });
  }
  if (!isRecord(value)) throw new FrameError('NOT_OBJECT', 'A frame is a JSON object.');
  const refuse = (fault: FrameFault, message: string): FrameError => new FrameError(fault, message, {}, value);
  if (depthOf(text, value) > maxDepth) throw refuse('TOO_DEEP', `The frame is nested deeper than ${maxDepth}.`);
  if (isLarger(text, maxBytes)) throw refuse('TOO_LARGE', `The frame is larger than ${maxBytes} bytes.`);
  if (typeof value['type'] !== 'string' || value['type'] === '') throw refuse('NO_TYPE', 'A frame needs a "type".');
  return value as Frame;
}

/** Whether a message holds several frames (protocol section 4, `batches=1`). */
export function isBatch(text: string): boolean {
  return text.startsWith('[');
}

/**
 * Reads one message as the frames that it holds, for whoever asked for batches: the relay, which makes them, has looked at each already.
 *
 * @throws FrameError for what is no JSON array of objects with a `type`, for an empty one, and for nesting beyond `MAX_FRAME_DEPTH`
 */
export function decodeBatch(text: string): Frame[] {
  let values: unknown;
  try {
    values = JSON.parse(text);
  } catch (cause) {
    throw new FrameError('NOT_JSON', 'The message is not JSON.', { cause });
  }
  if (!Array.isArray(values) || values.length === 0 || !values.every(isTyped))
    throw new FrameError('NOT_OBJECT', 'A batch holds frames.');
  if (depthOf(text, values) > MAX_FRAME_DEPTH + 1)
    throw new FrameError('TOO_DEEP', `A frame of the batch is nested deeper than ${MAX_FRAME_DEPTH}.`);
  return values;
}

function isTyped(value: unknown): value is Frame {
  return isRecord(value) && typeof value['type'] === 'string' && value['type'] !== '';
}

/** Whether a text is larger than so many bytes of UTF-8. */
export function isLarger(text: string, maxBytes: number): boolean {
  if (text.length > maxBytes) return true;
  // A UTF-16 unit has at most three bytes.
  return text.length * 3 > maxBytes && new TextEncoder().encode(text).length > maxBytes;
}

export function encodeFrame(frame: object): string {
  return JSON.stringify(frame);
}

/** Whether the text of a frame is longer than so many UTF-16 units; found without encoding a long text in it. */
export function isLongFrame(frame: object, length: number): boolean {
  const holdsLong = Object.values(frame).some((value) => typeof value === 'string' && value.length > length);
  return holdsLong || encodeFrame(frame).length > length;
}

/** Writes `seq` as the first field of an encoded frame without parsing it again. The frame must not have a `seq`. */
export function withSeq(text: string, seq: number): string {
  return `{"seq":${seq},${text.slice(1)}`;
}

/**
 * Takes `seq` off the front of a text that `decodeFrame` has taken, without writing the rest anew.
 *
 * @param seq as the frame says it; undefined where it says none
 * @returns undefined where it stands elsewhere, or is written otherwise than `withSeq` does
 */
export function withoutSeq(text: string, seq: unknown): string | undefined {
  if (seq !== undefined && typeof seq !== 'number') return undefined;
  const lead = seq === undefined ? '{' : `{"seq":${seq},`;
  return text.startsWith(lead) ? `{${text.slice(lead.length)}` : undefined;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const COLON = 0x3a;

/**
 * Walks the JSON text of an object once: refuses a repeated key of the object itself, and says how deep it is nested.
 *
 * @param value what was read of it: it has each key once
 */
function depthOf(text: string, value: object): number {
  const keys: number[] = [];
  let depth = 0;
  let deepest = 0;
  let string = 0;
  for (let i = 0; i < text.length; i++) {
    const char = text.charCodeAt(i);
    if (char === QUOTE) {
      string = i;
      i = endOfString(text, i + 1);
    } else if (char === COLON) {
      if (depth === 1) keys.push(string);
    } else if (char === OPEN_BRACE || char === OPEN_BRACKET) {
      if (++depth > deepest) deepest = depth;
    } else if (char === CLOSE_BRACE || char === CLOSE_BRACKET) depth--;
  }
  if (keys.length > Object.keys(value).length) throw repeatedKey(text, keys);
  return deepest;
}

/** @param keys where the quotes of the object's keys open */
function repeatedKey(text: string, keys: readonly number[]): FrameError {
  const names = keys.map((at) => JSON.parse(text.slice(at, endOfString(text, at + 1) + 1)) as string);
  const name = names.find((each, index) => names.indexOf(each) < index);
  return new FrameError('REPEATED_KEY', `The key "${name}" stands twice in the frame.`);
}

/** Index of the quote that ends the string whose first character is at `from`. */
function endOfString(text: string, from: number): number {
  let end = text.indexOf('"', from);
  while (isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end;
}

function isEscaped(text: string, at: number): boolean {
  let slashes = 0;
  while (text.charCodeAt(at - 1 - slashes) === BACKSLASH) slashes++;
  return slashes % 2 === 1;
}
