import { type Readable, Transform, type TransformCallback } from 'node:stream';

const TAB = '\t'.codePointAt(0);

/** A terminal's input, as line editors read it. */
type KeySource = Readable & { setRawMode?(isRaw: boolean): unknown };

/**
 * What is typed, cut after each Tab. A line editor stops reading while it completes a word, but only between chunks: what was pasted, or typed
 * fast, behind a Tab would reach it before the completion does.
 */
export class Keys extends Transform {
  readonly isTTY = true;

  constructor(private readonly source: KeySource) {
    super();
    this.goOn();
  }

  /** Leaves what is typed to somebody else, until `goOn`. */
  rest(): void {
    this.source.unpipe(this);
  }

  goOn(): void {
    this.source.pipe(this);
  }

  setRawMode(isRaw: boolean): this {
    this.source.setRawMode?.(isRaw);
    return this;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    let from = 0;
    for (const [at, byte] of chunk.entries()) {
      if (byte !== TAB) continue;
      this.push(chunk.subarray(from, at + 1));
      from = at + 1;
    }
    if (from < chunk.length) this.push(chunk.subarray(from));
    done();
  }
}
