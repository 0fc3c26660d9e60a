import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { engineSettings } from './engine-under-test.js';

const BIN = fileURLToPath(new URL('../../bin/twinlane.js', import.meta.url));

export interface Finished {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export interface ProcessOptions {
  /** All that it sees of the environment but `PATH`. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** What its standard input brings. */
  readonly input?: string;
}

/** A `twinlane` process of its own, from what `npm run build` made. */
export class TwinlaneProcess {
  out = '';
  err = '';
  readonly finished: Promise<Finished>;
  private watchers: (() => void)[] = [];

  private constructor(readonly process: ChildProcess) {
    process.stdout?.on('data', (part: Buffer) => this.got('out', part));
    process.stderr?.on('data', (part: Buffer) => this.got('err', part));
    this.finished = once(process, 'close').then(([code]) => {
      this.changed();
      return { code: code as number | null, out: this.out, err: this.err };
    });
  }

  static start(args: readonly string[], { env, cwd, input = '' }: ProcessOptions): TwinlaneProcess {
    const engine = engineSettings(args, env, cwd);
    const child = spawn(process.execPath, [BIN, ...args], {
      cwd,
      env: { PATH: process.env['PATH'], ...engine, ...env },
    });
    child.stdin.end(input);
    return new TwinlaneProcess(child);
  }

  /** Waits until standard output matches. */
  async prints(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.out);
      if (match) return match;
      if (this.hasEnded) throw new Error(`exited with ${this.process.exitCode}: ${this.out}${this.err}`);
      await new Promise<void>((resolve) => this.watchers.push(resolve));
    }
  }

  /** Ends it with `kill -9` if it still runs, and waits until it is gone. */
  async kill(): Promise<void> {
    if (!this.hasEnded) this.process.kill('SIGKILL');
    await this.finished;
  }

  private get hasEnded(): boolean {
    return this.process.exitCode !== null || this.process.signalCode !== null;
  }

  private got(stream: 'out' | 'err', part: Buffer): void {
    this[stream] += part.toString();
    this.changed();
  }

  private changed(): void {
    for (const wake of this.watchers.splice(0)) wake();
  }
}
