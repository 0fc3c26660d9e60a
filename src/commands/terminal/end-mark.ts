import { randomBytes } from 'node:crypto';
import { close, constants, openSync, write } from 'node:fs';
import type { Clock, Timer } from '../../protocol/index.js';

/** How long what is left in a terminal may take to be read, in ms: somebody may have stopped its output (Ctrl-S). */
const READ_WITHIN_MS = 1_000;
/** How often it is tried while the terminal has no room, in ms. */
const TRY_EVERY_MS = 20;

/** Text that is written to a terminal after everything else, and tells that everything before it has been read. */
export class EndMark {
  /** Any program might print a text that is known beforehand. */
  private readonly text = Buffer.from(`end-${randomBytes(16).toString('hex')}`);
  private readonly fd: number;
  private held: Buffer = Buffer.alloc(0);
  private found: (() => void) | undefined;
  private isOver = false;
  private deadline: Timer | undefined;

  /** @param terminal path of the side of it that programs use @throws Error when it cannot be opened */
  constructor(
    terminal: string,
    private readonly clock: Clock,
  ) {
    this.fd = openSync(terminal, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK);
  }

  /**
   * Writes it; only the first time.
   *
   * @param read told once it was read, or will not be
   */
  write(read: () => void): void {
    if (this.found) return;
    this.found = () => {
      if (this.isOver) return;
      this.isOver = true;
      this.deadline?.cancel();
      close(this.fd, read);
    };
    this.deadline = this.clock.after(READ_WITHIN_MS, () => this.found?.());
    this.writeFrom(0);
  }

  /** What of a chunk stands before the mark. */
  before(chunk: Buffer): Buffer {
    if (!this.found) return chunk;
    const read = Buffer.concat([this.held, chunk]);
    const at = read.indexOf(this.text);
    // The mark may begin at the end of this chunk.
    const end = at >= 0 ? at : Math.max(0, read.length - this.text.length + 1);
    this.held = at >= 0 ? Buffer.alloc(0) : read.subarray(end);
    if (at >= 0) this.found();
    return read.subarray(0, end);
  }

  /** What was taken for the beginning of the mark, and is none. */
  rest(): Buffer {
    const { held } = this;
    this.held = Buffer.alloc(0);
    return held;
  }

  private writeFrom(from: number): void {
    if (this.isOver) return;
    write(this.fd, this.text, from, (error, written) => {
      if (error && error.code !== 'EAGAIN') return this.found?.();
      const next = error ? from : from + written;
      if (next < this.text.length) this.clock.after(TRY_EVERY_MS, () => this.writeFrom(next));
    });
  }
}
