import { write } from 'node:fs';
import type { Clock } from '../../protocol/index.js';

/** How often it is tried while the terminal has no room, in ms. */
const TRY_EVERY_MS = 20;

/**
 * What was typed, on its way to a program that reads when it likes. node-pty's own way waits for that program, and everything else
 * in the process with it.
 */
export class PtyInput {
  private readonly waiting: Buffer[] = [];
  private bytes = 0;
  private isWriting = false;
  private closed: (() => void) | undefined;

  /** @param fd of the terminal's own side, which must not block */
  constructor(
    private readonly fd: number,
    private readonly clock: Clock,
  ) {}

  /** Bytes that the terminal has not taken yet. */
  get waitingBytes(): number {
    return this.bytes;
  }

  write(text: string): void {
    const bytes = Buffer.from(text);
    if (this.closed || bytes.length === 0) return;
    this.waiting.push(bytes);
    this.bytes += bytes.length;
    if (!this.isWriting) this.writeNext();
  }

  /** Gives up what waits. @param done called when the file is used no more, so that it may be closed */
  close(done: () => void): void {
    this.closed = done;
    this.giveUp();
    if (!this.isWriting) done();
  }

  private writeNext(): void {
    const [first] = this.waiting;
    if (!first) return;
    this.isWriting = true;
    write(this.fd, first, (error, written) => {
      this.isWriting = false;
      if (this.closed) return this.closed();
      if (error && error.code !== 'EAGAIN') return this.giveUp();
      if (error) return this.tryLater();
      this.bytes -= written;
      if (written < first.length) this.waiting[0] = first.subarray(written);
      else this.waiting.shift();
      this.writeNext();
    });
  }

  private tryLater(): void {
    this.isWriting = true;
    this.clock.after(TRY_EVERY_MS, () => {
      this.isWriting = false;
      if (this.closed) this.closed();
      else this.writeNext();
    });
  }

  private giveUp(): void {
    this.waiting.length = 0;
    this.bytes = 0;
  }
}
