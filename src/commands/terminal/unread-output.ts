/** What follows one place in the output. */
export interface OutputPiece {
  readonly offset: number;
  readonly text: string;
  /** The offset of what comes after it. */
  readonly end: number;
}

/**
 * A terminal's output that its owner has not read yet. Offsets count bytes of UTF-8 from the start of the terminal; they never
 * point into a character.
 */
export class UnreadOutput {
  private kept: Buffer = Buffer.alloc(0);
  private first = 0;

  /** The offset up to which everything has been read. */
  get start(): number {
    return this.first;
  }

  /** The offset of what will be appended next. */
  get end(): number {
    return this.first + this.kept.length;
  }

  get bytes(): number {
    return this.kept.length;
  }

  append(text: string): void {
    this.kept = Buffer.concat([this.kept, Buffer.from(text)]);
  }

  /** Everything before this offset has been read; one that lies outside of what is kept means its nearest end. */
  read(offset: number): void {
    const start = this.clamp(offset);
    this.kept = this.kept.subarray(start - this.first);
    this.first = start;
  }

  /** What is to be sent from this offset on, at most so many bytes; undefined when there is nothing. At least 4 bytes, one character. */
  after(offset: number, maxBytes: number): OutputPiece | undefined {
    const from = this.clamp(offset);
    const to = this.clamp(from + maxBytes);
    if (to === from) return undefined;
    return { offset: from, text: this.kept.toString('utf8', from - this.first, to - this.first), end: to };
  }

  /** The nearest offset that is kept and where a character begins, not after this one. */
  clamp(offset: number): number {
    let at = Math.min(Math.max(offset, this.first), this.end) - this.first;
    while (at > 0 && isContinuation(this.kept[at])) at--;
    return this.first + at;
  }
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0b1100_0000) === 0b1000_0000;
}
