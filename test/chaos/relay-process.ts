import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as wait } from 'node:timers/promises';
import { Child } from './child.js';

const BIN = fileURLToPath(new URL('../../bin/twinlane.js', import.meta.url));
const DIES_WITH_PARENT = new URL('./dies-with-parent.js', import.meta.url).href;
const FORGETS_NAMES = new URL('./forgets-names.js', import.meta.url).href;

/** The files that a relay keeps events in. */
const HISTORY = /^history\.db/;
/** Below the ports that systems give to outgoing connections, so that none takes the relay's while it is down. */
const PORTS = [20_000, 30_000] as const;
const TRIES = 50;
const READY_TRIES = 400;
const READY_POLL_MS = 50;

export interface RelayProcessOptions {
  readonly token: string;
  /** Folder of its own. */
  readonly folder: string;
  readonly log: string;
  /** Whether the bug `dedupe` is planted. */
  readonly forgetsNames: boolean;
}

/** `twinlane relay`, the program as it is, which is killed and started again on the same port and the same data. */
export class RelayProcess {
  private child: Child;
  private hasLostHistory = false;

  private constructor(
    private readonly options: RelayProcessOptions,
    private readonly port: number,
  ) {
    this.child = this.spawn();
  }

  /** Resolves when it is ready. */
  static async launch(options: RelayProcessOptions): Promise<RelayProcess> {
    const relay = new RelayProcess(options, await freePort());
    await relay.ready();
    return relay;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get isRunning(): boolean {
    return this.child.isRunning;
  }

  kill(): Promise<void> {
    return this.child.kill();
  }

  /** While it is down. @throws Error when there is none to lose */
  loseHistory(): void {
    const { folder } = this.options;
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
      HISTORY.test(path.basename(file)),
    );
    // One that was killed before it had come up has not made another one yet.
    if (files.length === 0 && !this.hasLostHistory)
      throw new Error(`There is no history in ${folder} that could be lost.`);
    this.hasLostHistory = true;
    for (const file of files) rmSync(path.join(folder, file));
  }

  /** Starts it; it was down. */
  start(): void {
    this.child = this.spawn();
  }

  end(): Promise<void> {
    return this.child.end();
  }

  /** Resolves when it answers. @throws Error when it does not within 20 s */
  async ready(): Promise<void> {
    for (let tries = 0; tries < READY_TRIES && this.isRunning; tries++) {
      const isReady = await fetch(`${this.url}/readyz`).then(
        ({ ok }) => ok,
        () => false,
      );
      if (isReady) return;
      await wait(READY_POLL_MS);
    }
    throw new Error(`The relay never became ready; see ${this.options.log}.`);
  }

  private spawn(): Child {
    const { token, folder, log, forgetsNames } = this.options;
    return new Child({
      module: BIN,
      args: ['relay', '--port', String(this.port), '--data-dir', folder],
      env: { TWINLANE_TOKEN: token },
      cwd: folder,
      preload: [DIES_WITH_PARENT, ...(forgetsNames ? [FORGETS_NAMES] : [])],
      log,
    });
  }
}

async function freePort(): Promise<number> {
  for (let tries = 0; tries < TRIES; tries++) {
    const port = randomInt(...PORTS);
    const server = createServer().listen(port, '127.0.0.1');
    const isFree = await once(server, 'listening').then(
      () => true,
      () => false,
    );
    server.close();
    if (isFree) return port;
  }
  throw new Error(`No port between ${PORTS[0]} and ${PORTS[1]} is free.`);
}
