import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { EnvironmentRecord, RegistrationResponse } from '../../src/protocol/index.js';
import { freePort } from './free-port.js';
import { type Finished, TwinlaneProcess } from './twinlane-process.js';

/** At least 16 characters, as every token. */
export const PROCESS_TOKEN = 'a-token-of-the-process';

type Settings = Readonly<Record<string, string>>;

/** `twinlane relay` as a process that is ended and started again on the same port and data. */
export class RelayProcess {
  private constructor(
    readonly port: number,
    /** For the data of the relay and of whoever else is in the test; removed by `dispose`. */
    readonly home: string,
    private running: TwinlaneProcess,
    private readonly settings: Settings,
  ) {}

  /** @param settings variables of its environment beside its own */
  static async start(settings: Settings = {}): Promise<RelayProcess> {
    const home = await mkdtemp(path.join(tmpdir(), 'twinlane-'));
    const port = await freePort();
    return new RelayProcess(port, home, await run(port, home, settings), settings);
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** `kill -9`; resolves when it is gone. */
  async kill(): Promise<void> {
    await this.running.kill();
  }

  /** SIGTERM; returns at once. */
  asksToStop(): void {
    this.running.process.kill('SIGTERM');
  }

  /** SIGTERM; resolves with how it ended. */
  async stop(): Promise<Finished> {
    this.running.process.kill('SIGTERM');
    return this.running.finished;
  }

  /** How it ended. */
  ended(): Promise<Finished> {
    return this.running.finished;
  }

  /** Starts it again, once it has ended. */
  async again(): Promise<void> {
    this.running = await run(this.port, this.home, this.settings);
  }

  async dispose(): Promise<void> {
    await this.kill();
    await rm(this.home, { recursive: true, force: true });
  }

  /** A request with the token; `body` makes it a POST. */
  async rest(target: string, body?: object): Promise<{ status: number; body: Record<string, unknown> }> {
    const response = await fetch(`${this.url}${target}`, {
      headers: { authorization: `Bearer ${PROCESS_TOKEN}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  }

  async environment(deviceId: string): Promise<EnvironmentRecord> {
    return (await this.rest(`/v1/environments/${deviceId}`)).body as unknown as EnvironmentRecord;
  }

  async register(body: object): Promise<RegistrationResponse> {
    const answer = await this.rest('/v1/environments/register', { connectionName: 'laptop', ...body });
    if (answer.status !== 200) throw new Error(JSON.stringify(answer.body));
    return answer.body as unknown as RegistrationResponse;
  }
}

async function run(port: number, home: string, settings: Settings): Promise<TwinlaneProcess> {
  const env = {
    HOME: home,
    TWINLANE_DATA_DIR: path.join(home, 'relay-data'),
    TWINLANE_TOKEN: PROCESS_TOKEN,
    TWINLANE_LOG_LEVEL: 'warn',
    ...settings,
  };
  await mkdir(env.TWINLANE_DATA_DIR, { recursive: true });
  const started = TwinlaneProcess.start(['relay', '--port', String(port)], { env, cwd: home });
  await started.prints(/Ctrl-C stops/);
  return started;
}
