import { StringDecoder } from 'node:string_decoder';
import type { CliIo } from '../cli-io.js';

/** What terminals are taken for that do not say. */
const USUAL = { columns: 80, rows: 24 };

export interface ScreenReader {
  /** What is typed, as the terminal sends it. */
  readonly typed: (text: string) => void;
  readonly resized: () => void;
}

/** A person's terminal in the hands of another program: every key goes there, and what it writes is shown as it is. */
export class LentScreen {
  private readonly decoder = new StringDecoder('utf8');
  private lastChar = '\n';

  constructor(
    private readonly io: Pick<CliIo, 'stdin' | 'stdout'>,
    private readonly reader: ScreenReader,
  ) {
    io.stdin.on('data', this.read);
    io.stdout.on('resize', reader.resized);
  }

  get size(): { readonly cols: number; readonly rows: number } {
    const { columns, rows } = this.io.stdout;
    // Serial lines, and terminals that programs make, say 0.
    return { cols: columns || USUAL.columns, rows: rows || USUAL.rows };
  }

  /** Whether what was written ended in the middle of a line. */
  get isInLine(): boolean {
    return this.lastChar !== '\n';
  }

  /** Resolves when there is room for more, or nobody looks any more. */
  async write(text: string): Promise<void> {
    const { stdout } = this.io;
    this.lastChar = text.at(-1) ?? this.lastChar;
    if (stdout.destroyed || stdout.write(text)) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        stdout.off('drain', done).off('close', done);
        resolve();
      };
      stdout.on('drain', done).on('close', done);
    });
  }

  end(): void {
    this.io.stdin.off('data', this.read);
    this.io.stdout.off('resize', this.reader.resized);
  }

  private readonly read = (chunk: Buffer | string): void => {
    const text = typeof chunk === 'string' ? chunk : this.decoder.write(chunk);
    if (text !== '') this.reader.typed(text);
  };
}
