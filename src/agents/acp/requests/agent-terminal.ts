import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { setImmediate as nextLook } from 'node:timers/promises';
import { endProcesses } from '../../../processes/index.js';
import type { Clock } from '../../../protocol/index.js';
import { within } from '../within.js';

/** How long the pipes of a command that has ended may be quiet before they count as read: jobs that inherited them keep them open. In ms. */
const QUIET_MS = 100;
/** How often output within that time is waited for: a job may print without end. */
const MOST_QUIET_WAITS = 10;

/** What a terminal of an agent runs. */
export interface TerminalCommand {
  readonly command: string;
  readonly args: readonly string[];
  /** Absolute. */
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

export interface TerminalExit {
  readonly exitCode: number | null;
  readonly signal: string | null;
}

/** One command that runs for an agent: a process group of its own, its output kept up to a bound, the oldest going first. */
export class AgentTerminal {
  /** Resolves when the command has ended and what it printed has been read; jobs in background may go on, and what they print is kept too. */
  readonly exited: Promise<TerminalExit>;
  exit: TerminalExit | undefined;
  truncated = false;
  private kept: string = '';
  private chunks = 0;
  /** Resolves when there is room for what came last. */
  private room: Promise<void> = Promise.resolve();
  private isReleased = false;
  private readonly child: ChildProcessByStdio<null, Readable, Readable>;
  /** One after the other, so that they are read as they came. */
  private readonly decoders = [new StringDecoder('utf8'), new StringDecoder('utf8')];

  /**
   * @param maxBytes of output that are kept
   * @param seen is handed the output as it comes, and resolves when there is room for more; until then the command waits
   */
  constructor(
    { command, args, cwd, env }: TerminalCommand,
    private readonly maxBytes: number,
    private readonly seen: (text: string) => Promise<void>,
    private readonly clock: Clock,
  ) {
    // As agents write it: a word without arguments may be a whole command line.
    const isLine = args.length === 0 && /\s/.test(command);
    const [file, words] = isLine ? ['/bin/sh', ['-c', command]] : [command, args];
    this.child = spawn(file, words, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const [at, pipe] of [this.child.stdout, this.child.stderr].entries())
      pipe.on('data', (chunk: Buffer) => {
        this.chunks++;
        pipe.pause();
        this.room = this.take(this.decoders[at]?.write(chunk) ?? '').finally(() => pipe.resume());
      });
    this.exited = new Promise((resolve) => {
      const end = (exit: TerminalExit): void => {
        this.exit ??= exit;
        resolve(this.exit);
      };
      const closed = new Promise<void>((pipesClosed) => this.child.on('close', () => pipesClosed())).then(() => {
        for (const decoder of this.decoders) void this.take(decoder.end());
      });
      this.child.on('error', (error) => {
        void this.take(`${command}: ${error.message}\n`);
        end({ exitCode: 127, signal: null });
      });
      this.child.on('exit', (exitCode, signal) => void this.drained(closed).then(() => end({ exitCode, signal })));
    });
  }

  get output(): string {
    return this.kept;
  }

  /** Ends the command and all that it started. @param graceMs milliseconds until SIGKILL */
  async kill(graceMs: number): Promise<void> {
    await endProcesses({ group: this.child.pid }, 'SIGTERM', graceMs, this.clock);
    // Somebody who left the group may hold the pipes open.
    this.child.stdout.destroy();
    this.child.stderr.destroy();
  }

  /** Nobody wants to know of it any more. What jobs in background print is read all the same, or they would wait for ever. */
  async release(graceMs: number): Promise<void> {
    this.isReleased = true;
    if (!this.exit) await this.kill(graceMs);
  }

  /** @param closed resolves when nobody has the pipes any more */
  private async drained(closed: Promise<void>): Promise<void> {
    for (let waits = 0; waits < MOST_QUIET_WAITS; waits++) {
      const before = this.chunks;
      await within(this.clock, QUIET_MS, closed);
      // A process that was held up itself must have looked at the pipes once more.
      await nextLook();
      await this.room;
      if (this.chunks === before) return;
    }
  }

  private take(text: string): Promise<void> {
    if (text === '' || this.isReleased) return Promise.resolve();
    this.keep(text);
    return this.seen(text);
  }

  private keep(text: string): void {
    this.kept += text;
    if (this.kept.length <= this.maxBytes && Buffer.byteLength(this.kept) <= this.maxBytes) return;
    this.truncated = true;
    const bytes = Buffer.from(this.kept);
    let from = bytes.length - this.maxBytes;
    // Not in the middle of a character.
    while (((bytes[from] ?? 0) & 0xc0) === 0x80) from++;
    this.kept = bytes.subarray(from).toString('utf8');
  }
}
