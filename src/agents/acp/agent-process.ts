import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import type { Readable, Writable } from 'node:stream';
import { Logger } from '@nestjs/common';
import { endProcesses } from '../../processes/index.js';
import type { Clock } from '../../protocol/index.js';
import type { AcpOptions } from './acp.options.js';
import { splitCommandLine } from './command-line.js';
import { logLines } from './log-lines.js';

/** What everything that the agent starts has in its environment; the value names this one process of it. */
const MARK = 'TWINLANE_AGENT_PROCESS';

/** The agent's process. It leads a group of its own; what it writes to standard error goes to the log. */
export class AgentProcess {
  /** Resolves with how it ended, in words. */
  readonly ended: Promise<string>;
  private readonly name = randomUUID();
  private readonly child: ChildProcessByStdio<Writable, Readable, Readable>;
  private readonly logger = new Logger('Agent');
  private stopping: Promise<void> | undefined;

  /**
   * @param env all that it sees of the environment
   * @throws CommandLineError, or what the system says at once
   */
  constructor(
    { command, cwd, env }: { readonly command: string; readonly cwd: string; readonly env: NodeJS.ProcessEnv },
    private readonly options: AcpOptions,
    private readonly clock: Clock,
  ) {
    const [file, ...args] = splitCommandLine(command);
    this.child = spawn(file, args, {
      cwd,
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...env, [MARK]: this.name },
    });
    // What is written to an agent that is gone is told by `ended`.
    this.child.stdin.on('error', () => {});
    logLines(this.child.stderr, options.maxLogLineLength, (line) => this.logger.log(line));
    this.ended = new Promise((resolve) => {
      this.child.on('error', (error) => resolve(`did not start (${error.message})`));
      this.child.on('exit', (code, signal) =>
        resolve(signal === null ? `ended with exit code ${code}` : `was killed by ${signal}`),
      );
    });
  }

  get input(): Writable {
    return this.child.stdin;
  }

  get output(): Readable {
    return this.child.stdout;
  }

  /**
   * Ends it and everything it started. Its standard input is closed first: an agent that is killed by a signal leaves its
   * tools behind, one that is told so ends them.
   */
  stop(): Promise<void> {
    this.stopping ??= this.stopOnce();
    return this.stopping;
  }

  private async stopOnce(): Promise<void> {
    this.child.stdin.end();
    // An agent that waits for its output to be read would not see the end of its input.
    this.child.stdout.resume();
    await Promise.race([this.ended, this.afterGrace()]);
    const mark = `${MARK}=${this.name}`;
    await endProcesses({ group: this.child.pid, mark }, 'SIGTERM', this.options.stopGraceMs, this.clock);
  }

  private afterGrace(): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.clock.after(this.options.stopGraceMs, resolve);
      void this.ended.then(() => timer.cancel());
    });
  }
}
