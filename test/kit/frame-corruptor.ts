/** What is broken in one text message: `reserved-bits` and `length` of its WebSocket frame, or a character in its middle. */
export type Corruption = 'reserved-bits' | 'length' | 'utf-8';

const END_OF_HEAD = Buffer.from('\r\n\r\n');
const TEXT = 0x1;
const RESERVED_BITS = 0x70;
const MASKED = 0x80;
const MASK_BYTES = 4;
const LENGTH_16 = 126;
const LENGTH_64 = 127;
/** Begins a character of three bytes; what follows it is none of the other two. */
const BEGINS_A_CHARACTER = 0xe2;
/** Least payload that is struck, and by how much a short length is wrong. */
const LEAST_PAYLOAD = 16;
const OFF_BY = 7;

interface FrameHead {
  /** Bytes of the head itself. */
  readonly size: number;
  readonly payload: number;
  readonly masked: boolean;
}

/** Follows the WebSocket frames of one direction of a connection, and breaks one when told to. */
export class FrameCorruptor {
  private armed: Corruption | undefined;
  private upgraded = false;
  /** What has come of a head that is not whole. */
  private begun: Buffer = Buffer.alloc(0);
  private payloadLeft = 0;

  arm(corruption: Corruption): void {
    this.armed = corruption;
  }

  /** @returns the bytes to pass on: the same ones, or a copy with one frame broken */
  pass(chunk: Buffer): Buffer {
    const from = this.upgraded ? 0 : this.endOfRequest(chunk);
    return this.upgraded ? this.follow(chunk, from) : chunk;
  }

  /** Where the frames begin; the end of the chunk while they have not. */
  private endOfRequest(chunk: Buffer): number {
    const before = this.begun.length;
    const all = Buffer.concat([this.begun, chunk]);
    const end = all.indexOf(END_OF_HEAD);
    this.upgraded = end >= 0;
    this.begun = this.upgraded ? Buffer.alloc(0) : all.subarray(-END_OF_HEAD.length + 1);
    return this.upgraded ? end + END_OF_HEAD.length - before : chunk.length;
  }

  private follow(chunk: Buffer, from: number): Buffer {
    let passed = chunk;
    let at = from;
    while (at < chunk.length) {
      const skipped = Math.min(this.payloadLeft, chunk.length - at);
      this.payloadLeft -= skipped;
      at += skipped;
      if (at === chunk.length) break;
      const bytes = Buffer.concat([this.begun, chunk.subarray(at)]);
      const head = readHead(bytes);
      if (!head) {
        this.begun = bytes;
        break;
      }
      if (this.begun.length === 0) passed = this.strike(passed, at, head);
      at += head.size - this.begun.length;
      this.begun = Buffer.alloc(0);
      this.payloadLeft = head.payload;
    }
    return passed;
  }

  private strike(chunk: Buffer, at: number, head: FrameHead): Buffer {
    const isText = ((chunk[at] ?? 0) & 0x0f) === TEXT;
    const isWhole = at + head.size + head.payload <= chunk.length;
    if (this.armed === undefined || !isText || !isWhole || head.payload < LEAST_PAYLOAD) return chunk;
    const broken = Buffer.from(chunk);
    corrupt(broken.subarray(at, at + head.size + head.payload), head, this.armed);
    this.armed = undefined;
    return broken;
  }
}

/** Undefined while it is not whole. */
function readHead(bytes: Buffer): FrameHead | undefined {
  const second = bytes[1];
  if (second === undefined) return undefined;
  const short = second & ~MASKED;
  const masked = (second & MASKED) !== 0;
  const lengthBytes = short === LENGTH_64 ? 8 : short === LENGTH_16 ? 2 : 0;
  const size = 2 + lengthBytes + (masked ? MASK_BYTES : 0);
  if (bytes.length < size) return undefined;
  if (lengthBytes === 8) return { size, payload: Number(bytes.readBigUInt64BE(2)), masked };
  return { size, payload: lengthBytes === 2 ? bytes.readUInt16BE(2) : short, masked };
}

/** A wrong length stays within what the peer takes: a larger one would close with 1009, which gives an event up. */
function corrupt(frame: Buffer, { size, payload, masked }: FrameHead, corruption: Corruption): void {
  if (corruption === 'reserved-bits') frame[0] = (frame[0] ?? 0) | RESERVED_BITS;
  if (corruption === 'length') {
    const last = 1 + (payload > 0xffff ? 8 : payload >= LENGTH_16 ? 2 : 0);
    frame[last] = last === 1 ? (frame[1] ?? 0) - OFF_BY : (frame[last] ?? 0) ^ OFF_BY;
  }
  if (corruption === 'utf-8') {
    const index = payload >> 1;
    const mask = masked ? (frame[size - MASK_BYTES + (index % MASK_BYTES)] ?? 0) : 0;
    frame[size + index] = BEGINS_A_CHARACTER ^ mask;
  }
}
