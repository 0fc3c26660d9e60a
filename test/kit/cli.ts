import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { runCli } from '../../src/cli/index.js';
import type { Clock } from '../../src/protocol/index.js';
import { engineSettings } from './engine-under-test.js';

/** A stream that keeps what is written. */
export class Captured extends Writable {
  text = '';
  private readonly watchers: { wants: (text: string) => boolean; done: () => void }[] = [];

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString('utf8');
    for (const watcher of this.watchers.filter(({ wants }) => wants(this.text))) {
      this.watchers.splice(this.watchers.indexOf(watcher), 1);
      watcher.done();
    }
    done();
  }

  /** Resolves once it holds the text. */
  async shows(part: string): Promise<void> {
    await this.holds((text) => text.includes(part));
  }

  /** Resolves once its text is as wanted. */
  async holds(wants: (text: string) => boolean): Promise<void> {
    if (!wants(this.text)) await new Promise<void>((done) => this.watchers.push({ wants, done }));
  }
}

/** A run of the command line in this process, with streams and signals of its own. */
export class CliRun {
  readonly stdin: PassThrough & { isTTY?: boolean };
  readonly stderr = new Captured();
  readonly exit: Promise<number>;
  private readonly interruption = new AbortController();

  constructor(
    args: readonly string[],
    options: {
      env?: Record<string, string>;
      tty?: boolean;
      stdin?: string;
      cwd?: string;
      stdout?: Writable;
      clock?: Clock;
    } = {},
    readonly stdout: Writable & { isTTY?: boolean } = options.stdout ?? new Captured(),
  ) {
    this.stdin = Object.assign(new PassThrough(), options.tty ? { isTTY: true } : {});
    if (!options.tty) this.stdin.end(options.stdin ?? '');
    const { stdin, stderr } = this;
    const { env = {}, cwd = process.cwd(), clock } = options;
    const { signal: interrupted } = this.interruption;
    const settings = { ...engineSettings(args, env, cwd), ...env };
    this.exit = runCli(args, { stdin, stdout, stderr, env: settings, cwd, interrupted, ...(clock ? { clock } : {}) });
  }

  get out(): string {
    return this.stdout instanceof Captured ? this.stdout.text : '';
  }

  /** Waits until standard output, where it is captured, holds something. */
  async prints(part: string): Promise<void> {
    if (!(this.stdout instanceof Captured)) throw new Error('Its output goes somewhere else.');
    await this.stdout.shows(part);
  }

  interrupt(): void {
    this.interruption.abort('SIGINT');
  }
}

/** A directory for one test. */
export async function temporaryDirectory(): Promise<{ path: string; remove(): Promise<void> }> {
  const directory = await mkdtemp(path.join(tmpdir(), 'twinlane-'));
  return { path: directory, remove: () => rm(directory, { recursive: true, force: true }) };
}
