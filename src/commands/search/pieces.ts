/** Cuts a stream of bytes at a separator. A piece larger than the bound is left out, and counted. */
export class Pieces {
  private rest: Buffer[] = [];
  private restBytes = 0;
  private skipped = 0;

  /**
   * @param separator one byte
   * @param maxBytes of one piece
   */
  constructor(
    private readonly separator: number,
    private readonly maxBytes: number,
  ) {}

  /** Pieces that were left out. */
  get leftOut(): number {
    return this.skipped;
  }

  /** The pieces that end in this chunk, without their separators. */
  *cut(chunk: Buffer): Generator<Buffer> {
    let from = 0;
    for (let at = chunk.indexOf(this.separator); at >= 0; at = chunk.indexOf(this.separator, from)) {
      this.keep(chunk.subarray(from, at));
      from = at + 1;
      const piece = this.take();
      if (piece) yield piece;
    }
    this.keep(chunk.subarray(from));
  }

  private keep(part: Buffer): void {
    this.restBytes += part.length;
    if (this.restBytes <= this.maxBytes) this.rest.push(part);
    else this.rest = [];
  }

  private take(): Buffer | undefined {
    const isTooLarge = this.restBytes > this.maxBytes;
    const piece = isTooLarge ? undefined : Buffer.concat(this.rest);
    if (isTooLarge) this.skipped++;
    this.rest = [];
    this.restBytes = 0;
    return piece;
  }
}
