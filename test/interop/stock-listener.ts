import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const LETTA = fileURLToPath(new URL('node_modules/@letta-ai/letta-code/letta.js', import.meta.url));
const CONNECTED = 'Connected. Awaiting instructions.';

export interface StockListenerOptions {
  readonly server: string;
  readonly token: string;
  /** Holds its settings, the id of the device among them: two with the same home and name are one environment. */
  readonly home: string;
  readonly workspace: string;
}

/** An unmodified `letta server` in a process of its own, with the model inside it that always says "pong". */
export class StockListener {
  /** What it printed. */
  text = '';
  private watchers: (() => void)[] = [];
  private code: number | null | undefined;

  private constructor(private readonly child: ChildProcess) {
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (data: Buffer) => {
        this.text += data.toString('utf8');
        this.changed();
      });
    child.on('close', (code) => {
      this.code = code;
      this.changed();
    });
  }

  /** Resolves once it is connected. */
  static async start({ server, token, home, workspace }: StockListenerOptions): Promise<StockListener> {
    const env = {
      PATH: process.env['PATH'],
      HOME: home,
      SHELL: '/bin/bash',
      LETTA_BASE_URL: server,
      LETTA_API_KEY: token,
      IGNORE_SELF_HOSTED_LISTENER_ERROR: '1',
      LETTA_LOCAL_BACKEND_EXPERIMENTAL: '1',
      LETTA_LOCAL_BACKEND_EXECUTOR: 'deterministic',
      LETTA_CODE_TELEM: '0',
      DISABLE_AUTOUPDATER: '1',
    };
    const child = spawn(process.execPath, [LETTA, 'server', '--env-name', 'stock', '--debug'], {
      cwd: workspace,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const listener = new StockListener(child);
    await listener.connections(1);
    return listener;
  }

  /** How often it has connected. */
  get connected(): number {
    return this.text.split(CONNECTED).length - 1;
  }

  async connections(count: number): Promise<void> {
    await this.until(() => this.connected >= count);
  }

  /** Its exit code, once it has ended by itself and everything that it printed is here. */
  async exited(): Promise<number | null> {
    while (this.code === undefined) await this.change();
    return this.code;
  }

  async stop(): Promise<void> {
    if (this.code !== undefined) return;
    this.child.kill('SIGKILL');
    await once(this.child, 'close');
  }

  private async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      if (this.code !== undefined) throw new Error(`The stock listener ended with ${this.code}:\n${this.text}`);
      await this.change();
    }
  }

  private change(): Promise<void> {
    return new Promise((resolve) => this.watchers.push(resolve));
  }

  private changed(): void {
    for (const wake of this.watchers.splice(0)) wake();
  }
}
