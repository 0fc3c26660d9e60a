import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import type { Clock } from '../../../protocol/index.js';
import { ProcessGroup } from '../../shell/process-group.js';

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
  /** Resolves when the command has ended and its output has been read. */
  readonly exited: Promise<TerminalExit>;
  exit: TerminalExit | undefined;
  truncated = false;
  private kept: string = '';
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
        pipe.pause();
        void this.take(this.decoders[at]?.write(chunk) ?? '').finally(() => pipe.resume());
      });
    this.exited = new Promise((resolve) => {
      const end = (exit: TerminalExit): void => {
        for (const decoder of this.decoders) void this.take(decoder.end());
        this.exit ??= exit;
        resolve(this.exit);
      };
      this.child.on('error', (error) => {
        void this.take(`${command}: ${error.message}\n`);
        end({ exitCode: 127, signal: null });
      });
      this.child.on('close', (exitCode, signal) => end({ exitCode, signal }));
    });
  }

  get output(): string {
    return this.kept;
  }

  /** Ends the command and all that it started. @param graceMs milliseconds until SIGKILL */
  async kill(graceMs: number): Promise<void> {
    const { pid } = this.child;
    if (pid === undefined) return;
    await new ProcessGroup(pid, this.clock).end(graceMs);
    // Somebody who left the group may hold the pipes open.
    this.child.stdout.destroy();
    this.child.stderr.destroy();
  }

  private take(text: string): Promise<void> {
    if (text === '') return Promise.resolve();
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
