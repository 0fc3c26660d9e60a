/** What a stream says when whoever read it has gone. */
const READER_LEFT: ReadonlySet<string | undefined> = new Set(['EPIPE', 'ERR_STREAM_DESTROYED']);

/** Calls back when whoever read a stream has left. That is no failure of the program; any other error of the stream is, and is thrown. */
export function onReaderLeft(stream: Pick<OutputStream, 'on'>, left: () => void): void {
  stream.on('error', (error) => {
    if (!READER_LEFT.has(error.code)) throw error;
    left();
  });
}

/** What is needed of a stream to write to it. */
export interface OutputStream {
  write(text: string): boolean;
  on(event: 'error', listener: (error: NodeJS.ErrnoException) => void): unknown;
  once(event: 'drain', listener: () => void): unknown;
}

/** Writes to a stream at the pace of its reader, and notices when the reader has left. */
export class Output {
  private readonly readerLeft: Promise<void>;
  private left = false;
  private lastChar = '\n';

  constructor(private readonly stream: OutputStream) {
    this.readerLeft = new Promise((resolve) => {
      onReaderLeft(stream, () => {
        this.left = true;
        resolve();
      });
    });
  }

  /** Resolves when nobody reads any more; what is written afterwards goes nowhere. */
  get gone(): Promise<void> {
    return this.readerLeft;
  }

  get isGone(): boolean {
    return this.left;
  }

  /** Resolves when there is room for more. */
  async write(text: string): Promise<void> {
    if (this.left || text === '') return;
    this.lastChar = text.at(-1) ?? this.lastChar;
    if (this.stream.write(text)) return;
    await Promise.race([new Promise<void>((resolve) => this.stream.once('drain', resolve)), this.readerLeft]);
  }

  /** Writes a line of its own. */
  async line(text: string): Promise<void> {
    await this.write(`${this.lastChar === '\n' ? '' : '\n'}${text}\n`);
  }

  /** Ends the line that is being written, if any. */
  async endLine(): Promise<void> {
    if (this.lastChar !== '\n') await this.write('\n');
  }
}
