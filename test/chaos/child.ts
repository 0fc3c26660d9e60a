import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';

export interface ChildOptions {
  readonly module: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Modules loaded before it. */
  readonly preload?: readonly string[];
  /** Path of the file that its output is appended to. */
  readonly log: string;
}

/** How long a process that was asked to end may take before it is killed, in ms. */
const END_GRACE_MS = 5_000;

/** A process of a run. It has a channel to this one, and ends when that closes. */
export class Child {
  readonly exited: Promise<unknown>;
  private readonly process: ChildProcess;
  private isOver = false;

  constructor({ module, args = [], env = {}, cwd, preload = [], log }: ChildOptions) {
    const output = openSync(log, 'a');
    this.process = fork(module, args, {
      cwd,
      execArgv: preload.flatMap((file) => ['--import', file]),
      env: { PATH: process.env['PATH'], NO_COLOR: '1', ...env },
      stdio: ['ignore', output, output, 'ipc'],
    });
    this.exited = once(this.process, 'exit').finally(() => (this.isOver = true));
    this.process.on('error', () => {});
  }

  get isRunning(): boolean {
    return !this.isOver;
  }

  send(message: string): void {
    if (this.process.connected) this.process.send(message, () => {});
  }

  onMessage(take: (message: unknown) => void): void {
    this.process.on('message', take);
  }

  /** `kill -9`. */
  async kill(): Promise<void> {
    this.process.kill('SIGKILL');
    await this.exited;
  }

  /** It stands still: its connections stay open, and nothing is answered. */
  freeze(): void {
    this.process.kill('SIGSTOP');
  }

  /** It goes on after `freeze`. */
  thaw(): void {
    this.process.kill('SIGCONT');
  }

  /** Asks it to end. */
  async end(): Promise<void> {
    this.process.kill('SIGTERM');
    const timer = setTimeout(() => this.process.kill('SIGKILL'), END_GRACE_MS);
    await this.exited;
    clearTimeout(timer);
  }
}
