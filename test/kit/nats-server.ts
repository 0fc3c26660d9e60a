import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePort } from './free-port.js';

/** Where Debian puts it, which is on nobody's `PATH` but root's; `test/kit/install-nats-server.sh` installs it there. */
const DEBIAN = '/usr/sbin/nats-server';

/** The program; undefined where it is not there. */
export const NATS_SERVER: string | undefined = [
  process.env['NATS_SERVER_PATH'],
  ...(process.env['PATH'] ?? '').split(path.delimiter).map((folder) => path.join(folder, 'nats-server')),
  DEBIAN,
].find((file) => file !== undefined && existsSync(file));

/**
 * Why tests that want NATS are skipped; undefined: they are not. Where everything must be tested nothing is, and they fail for want of a
 * server.
 */
export const NATS_SKIPPED: string | undefined =
  NATS_SERVER === undefined && process.env['CI'] !== 'true'
    ? 'no nats-server: run test/kit/install-nats-server.sh, or name one in NATS_SERVER_PATH'
    : undefined;

export interface NatsServerOptions {
  /** Default: a free one. */
  readonly port?: number;
  /** Beside its own. */
  readonly args?: readonly string[];
}

/** A nats-server with JetStream, that is ended and started again on the same port and data. */
export class NatsServer {
  private constructor(
    readonly port: number,
    /** Where it keeps its data. */
    readonly home: string,
    private readonly args: readonly string[],
    private readonly log: string[],
    private running: ChildProcess,
  ) {}

  static async start({ port: wanted, args = [] }: NatsServerOptions = {}): Promise<NatsServer> {
    const home = await mkdtemp(path.join(tmpdir(), 'twinlane-nats-'));
    const port = wanted ?? (await freePort());
    const log: string[] = [];
    return new NatsServer(port, home, args, log, await run(port, home, args, log));
  }

  /** As `TWINLANE_ENGINE` takes it. */
  get url(): string {
    return `nats://127.0.0.1:${this.port}`;
  }

  /** Its log. */
  get said(): string {
    return this.log.join('');
  }

  /** `kill -9`; resolves when it is gone. */
  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  /** SIGTERM: it writes down what it has; resolves when it is gone. */
  async stop(): Promise<void> {
    await this.end('SIGTERM');
  }

  /** It stands still: connections stay open, and nothing is answered. */
  freeze(): void {
    this.running.kill('SIGSTOP');
  }

  /** It goes on after `freeze`. */
  thaw(): void {
    this.running.kill('SIGCONT');
  }

  /** Starts it again, once it has ended. */
  async again(): Promise<void> {
    this.running = await run(this.port, this.home, this.args, this.log);
  }

  async dispose(): Promise<void> {
    await this.kill();
    await rm(this.home, { recursive: true, force: true });
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    if (this.running.exitCode !== null || this.running.signalCode !== null) return;
    const gone = once(this.running, 'exit');
    this.running.kill(signal);
    await gone;
  }
}

/** Resolves once it takes connections, which it does when JetStream is there. @param log what it says is added to this */
async function run(port: number, home: string, args: readonly string[], log: string[]): Promise<ChildProcess> {
  if (NATS_SERVER === undefined) throw new Error('No nats-server: test/kit/install-nats-server.sh installs it.');
  const own = ['--addr', '127.0.0.1', '--port', String(port), '--jetstream', '--store_dir', home];
  const started = spawn(NATS_SERVER, [...own, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  await new Promise<void>((resolve, reject) => {
    started.once('error', reject);
    started.once('exit', (code) => reject(new Error(`nats-server ended with ${code}: ${said}`)));
    // Its log goes to standard error; what comes later is read too, or it would wait for a reader.
    started.stderr.on('data', (part: Buffer) => {
      said += part.toString();
      log.push(part.toString());
      if (/Server is ready/.test(said)) resolve();
    });
  });
  return started;
}
