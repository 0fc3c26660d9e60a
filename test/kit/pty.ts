import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { engineSettings } from './engine-under-test.js';
import { rendered } from './screen.js';

const BIN = fileURLToPath(new URL('../../bin/twinlane.js', import.meta.url));

/** Why there is no pseudo-terminal here; undefined where there is one. */
export const NO_PTY = spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout?.includes('util-linux')
  ? undefined
  : '`script` of util-linux (Debian: bsdutils) is missing';

/** Wide enough that nothing is wrapped. */
const SIZE = 'stty cols 400 rows 50';

const PATIENCE_MS = 3_000;

/** A program at a real terminal, made by `script`. */
export class Pty {
  /** The exit code. */
  readonly exit: Promise<number | null>;
  private written = '';
  private readonly waiting: (() => void)[] = [];

  private constructor(private readonly script: ChildProcess) {
    script.stdout?.on('data', (part: Buffer) => {
      this.written += part.toString('utf8');
      this.look();
    });
    this.exit = once(script, 'close').then(([code]) => {
      this.look();
      return code as number | null;
    });
  }

  /** @throws Error where there is no `script` */
  static open(command: readonly string[], options: { cwd: string; env: Record<string, string> }): Pty {
    if (NO_PTY !== undefined) throw new Error(`${NO_PTY}; install it to run this test`);
    const line = command.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
    const env = { PATH: process.env['PATH'], SHELL: '/bin/sh', TERM: 'xterm', ...options.env };
    return new Pty(spawn('script', ['-qfec', `${SIZE}; exec ${line}`, '/dev/null'], { cwd: options.cwd, env }));
  }

  /** `twinlane`, from what `npm run build` made. */
  static twinlane(args: readonly string[], { cwd, env }: { cwd: string; env: Record<string, string> }): Pty {
    return Pty.open([process.execPath, BIN, ...args], { cwd, env: { ...engineSettings(args, env, cwd), ...env } });
  }

  /** What is on the screen, and has scrolled out of it. */
  get screen(): string {
    return rendered(this.written);
  }

  type(keys: string): void {
    this.script.stdin?.write(keys);
  }

  /** Waits until the screen shows something. */
  async shows(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.screen);
      if (match) return match;
      if (this.script.exitCode !== null) throw new Error(`exited with ${this.script.exitCode}:\n${this.screen}`);
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
  }

  /** Ctrl-C twice ends whatever runs; what it does not end is ended with the terminal. */
  async stop(): Promise<void> {
    if (this.script.exitCode === null && this.script.signalCode === null) this.type('\u0003\u0003');
    const late = setTimeout(() => this.script.kill('SIGTERM'), PATIENCE_MS);
    await this.exit;
    clearTimeout(late);
  }

  private look(): void {
    for (const wake of this.waiting.splice(0)) wake();
  }
}
