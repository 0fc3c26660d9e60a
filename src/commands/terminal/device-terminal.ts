import { endProcesses } from '../../processes/index.js';
import type { Clock } from '../../protocol/index.js';
import { CommandError } from '../command.error.js';
import { OutputBatch } from './output-batch.js';
import type { Pty } from './pty.js';
import type { TerminalOptions } from './terminal.options.js';
import { UnreadOutput } from './unread-output.js';

export interface TerminalExit {
  /** As a shell says it: 128 and the signal's number where a signal ended it. Null: it could not be learnt. */
  readonly exitCode: number | null;
  /** Why it ended, where it did not end by itself. */
  readonly error?: string;
}

export interface TerminalOutlets {
  /** There is something to send. */
  readonly changed: () => void;
  /** Its owner has everything: there is nothing left to keep. */
  readonly done: () => void;
}

/** How long the end of a terminal may take to show once its processes are gone, in ms. */
const EXIT_WITHIN_MS = 3_000;

/** One terminal of this device: its process, and its output until its owner has read it. */
export class DeviceTerminal {
  readonly output = new UnreadOutput();
  /** Whether a server was told of it. */
  isAnnounced = false;
  /** Resolves when it has ended, and all that it printed is in `output`. */
  readonly ended: Promise<void>;
  private readonly batch: OutputBatch;
  private outcome: TerminalExit | undefined;
  private isPaused = false;
  private isExitTaken = false;
  private isTold = false;
  private ending: Promise<void> | undefined;
  private reason: string | undefined;
  private over: () => void = () => {};

  constructor(
    readonly id: string,
    private readonly pty: Pty,
    private readonly clock: Clock,
    private readonly options: TerminalOptions,
    private readonly outlets: TerminalOutlets,
  ) {
    this.ended = new Promise((resolve) => (this.over = resolve));
    this.batch = new OutputBatch(clock, options, (text) => this.print(text));
    pty.onData((chunk) => this.batch.add(chunk));
    pty.onExit((exitCode) => this.finish({ exitCode }));
  }

  get pid(): number {
    return this.pty.pid;
  }

  /** Undefined while it runs. */
  get exit(): TerminalExit | undefined {
    return this.outcome;
  }

  /** @throws CommandError when its program has left too much unread */
  write(text: string): void {
    if (this.outcome) return;
    const { waitingInputBytes } = this.options;
    if (this.pty.waitingBytes + Buffer.byteLength(text) > waitingInputBytes)
      throw new CommandError(
        'TOO_MANY',
        `The program does not read, and no more than ${waitingInputBytes} bytes may wait for it; type again once it goes on.`,
      );
    this.pty.write(text);
    this.isTold = false;
  }

  /** Shows among its output that input was dropped; once, until some is taken again. */
  dropped(why: string): void {
    if (this.outcome || this.isTold) return;
    this.isTold = true;
    this.batch.insert(`\r\n[Input was dropped. ${why}]\r\n`);
  }

  resize(cols: number, rows: number): void {
    if (!this.outcome) this.pty.resize(cols, rows);
  }

  /** Its owner has read everything before this offset. */
  acknowledge(offset: number): void {
    this.output.read(offset);
    if (this.isPaused && this.output.bytes < this.options.unreadBytes) {
      this.isPaused = false;
      this.pty.resume();
    }
    this.doneIfRead();
  }

  /** The server is responsible for telling its owner that it has ended. What its owner has not read is kept for a while. */
  exitTaken(): void {
    if (this.isExitTaken) return;
    this.isExitTaken = true;
    this.doneIfRead();
    if (this.output.bytes > 0) this.clock.after(this.options.graceMs, () => this.outlets.done());
  }

  /**
   * Ends all its processes; resolves when it has ended.
   *
   * @param reason told to its owner
   */
  end(reason?: string): Promise<void> {
    this.reason ??= reason;
    return (this.ending ??= this.endProcesses());
  }

  private async endProcesses(): Promise<void> {
    if (this.outcome) return;
    await endProcesses({ session: this.pid }, 'SIGHUP', this.options.killGraceMs, this.clock);
    const late = this.clock.after(EXIT_WITHIN_MS, () =>
      this.finish({ exitCode: null, error: `Processes of this terminal could not be ended (pid ${this.pid}).` }),
    );
    await this.ended;
    late.cancel();
  }

  private print(text: string): void {
    this.output.append(text);
    if (!this.isPaused && !this.outcome && this.output.bytes > this.options.unreadBytes) {
      this.isPaused = true;
      this.pty.pause();
    }
    this.outlets.changed();
  }

  private finish(exit: TerminalExit): void {
    if (this.outcome) return;
    this.batch.end();
    this.outcome = this.reason === undefined ? exit : { ...exit, error: this.reason };
    this.over();
    this.outlets.changed();
  }

  private doneIfRead(): void {
    if (this.isExitTaken && this.output.bytes === 0) this.outlets.done();
  }
}
