/** Of a text message in one piece (RFC 6455, 5.2). */
const FINAL_TEXT = 0x81;
/** A length beyond what 7 bits say follows in 16, one beyond that in 64. */
const MAX_SHORT = 125;
const IN_16_BITS = 126;
const MAX_16_BITS = 0xffff;
const IN_64_BITS = 127;
const TWO_TO_32 = 2 ** 32;

/** One message: a text, or several that are a batch. */
interface Message {
  text: string;
  /** Of the text alone. */
  bytes: number;
  texts: number;
}

/** What makes a batch of texts, `[` and `]`, and what stands between two of them. */
const BRACKETS = 2;
const COMMA = 1;

/**
 * WebSocket messages of a server, which masks nothing, in one buffer: written together they cost one call of the system, and no
 * object each. Where the peer takes batches, texts share a message: a browser spends more on each than on what is in it.
 */
export class FramedTexts {
  private messages: Message[] = [];
  private size = 0;

  /** @param batchBytes of UTF-8 that texts may share a message up to, as a JSON array; 0: each is a message of its own */
  constructor(private readonly batchBytes = 0) {}

  /** Of all of them, with their headers. */
  get bytes(): number {
    return this.size;
  }

  add(text: string): void {
    const bytes = Buffer.byteLength(text);
    const last = this.messages.at(-1);
    if (last && last.bytes + COMMA + bytes + BRACKETS <= this.batchBytes) {
      this.size -= sizeOf(last);
      last.text += `,${text}`;
      last.bytes += COMMA + bytes;
      last.texts++;
      this.size += sizeOf(last);
    } else {
      const message = { text, bytes, texts: 1 };
      this.messages.push(message);
      this.size += sizeOf(message);
    }
  }

  /** All of them, in order; then there are none. */
  take(): Buffer {
    const buffer = Buffer.allocUnsafe(this.size);
    let at = 0;
    for (const message of this.messages) {
      const { text, bytes, texts } = message;
      at = writeHeader(buffer, at, lengthOf(message));
      const encoding = bytes === text.length ? 'latin1' : 'utf8';
      // As many bytes as UTF-16 units: all of it is ASCII, which is copied as it is.
      at += buffer.write(texts > 1 ? `[${text}]` : text, at, encoding);
    }
    this.messages = [];
    this.size = 0;
    return buffer;
  }
}

function lengthOf({ bytes, texts }: Message): number {
  return texts > 1 ? bytes + BRACKETS : bytes;
}

/** With its header. */
function sizeOf(message: Message): number {
  const length = lengthOf(message);
  return headerOf(length) + length;
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
