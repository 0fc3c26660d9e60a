import type { OpenPty, Pty, PtyRequest } from '../../src/commands/terminal/pty.js';

/** No process has this id. */
const NOBODY = 2 ** 30;

/** A terminal without a process: the test says what it prints, and when it ends. */
export class FakePty implements Pty {
  readonly pid = NOBODY;
  waitingBytes = 0;
  readonly typed: string[] = [];
  readonly sizes: string[] = [];
  isPaused = false;
  private readonly data: ((chunk: Buffer) => void)[] = [];
  private readonly exit: ((exitCode: number) => void)[] = [];

  constructor(readonly request: PtyRequest) {}

  write(text: string): void {
    this.typed.push(text);
  }
  resize(cols: number, rows: number): void {
    this.sizes.push(`${cols}x${rows}`);
  }
  pause(): void {
    this.isPaused = true;
  }
  resume(): void {
    this.isPaused = false;
  }
  onData(listener: (chunk: Buffer) => void): void {
    this.data.push(listener);
  }
  onExit(listener: (exitCode: number) => void): void {
    this.exit.push(listener);
  }

  prints(text: string): void {
    for (const listener of this.data) listener(Buffer.from(text));
  }
  ends(exitCode: number): void {
    for (const listener of this.exit) listener(exitCode);
  }
}

/** Opens such terminals, and keeps them. */
export function openFakePty(opened: FakePty[]): OpenPty {
  return async (request) => {
    const pty = new FakePty(request);
    opened.push(pty);
    return pty;
  };
}
