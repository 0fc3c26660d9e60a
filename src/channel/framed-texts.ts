/** Of a text message in one piece (RFC 6455, 5.2). */
const FINAL_TEXT = 0x81;
/** A length beyond what 7 bits say follows in 16, one beyond that in 64. */
const MAX_SHORT = 125;
const IN_16_BITS = 126;
const MAX_16_BITS = 0xffff;
const IN_64_BITS = 127;
const TWO_TO_32 = 2 ** 32;

/**
 * WebSocket messages of a server, which masks nothing, in one buffer: written together they cost one call of the system, and no
 * object each.
 */
export class FramedTexts {
  private texts: string[] = [];
  private lengths: number[] = [];
  private size = 0;

  /** Of all of them, with their headers. */
  get bytes(): number {
    return this.size;
  }

  add(text: string): void {
    const length = Buffer.byteLength(text);
    this.texts.push(text);
    this.lengths.push(length);
    this.size += headerOf(length) + length;
  }

  /** All of them, in order; then there are none. */
  take(): Buffer {
    const { texts, lengths } = this;
    const buffer = Buffer.allocUnsafe(this.size);
    let at = 0;
    for (const [index, text] of texts.entries()) {
      const length = lengths[index] ?? 0;
      at = writeHeader(buffer, at, length);
      // As many bytes as UTF-16 units: all of it is ASCII, which is copied as it is.
      at += buffer.write(text, at, length === text.length ? 'latin1' : 'utf8');
    }
    this.texts = [];
    this.lengths = [];
    this.size = 0;
    return buffer;
  }
}

function headerOf(length: number): number {
  if (length <= MAX_SHORT) return 2;
  return length <= MAX_16_BITS ? 4 : 10;
}

/** @returns where the payload begins */
function writeHeader(buffer: Buffer, at: number, length: number): number {
  buffer[at] = FINAL_TEXT;
  if (length <= MAX_SHORT) {
    buffer[at + 1] = length;
    return at + 2;
  }
  if (length <= MAX_16_BITS) {
    buffer[at + 1] = IN_16_BITS;
    return buffer.writeUInt16BE(length, at + 2);
  }
  buffer[at + 1] = IN_64_BITS;
  buffer.writeUInt32BE(Math.floor(length / TWO_TO_32), at + 2);
  return buffer.writeUInt32BE(length % TWO_TO_32, at + 6);
}
