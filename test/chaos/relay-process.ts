import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as wait } from 'node:timers/promises';
import type { RelayNodes } from 'twinlane/protocol';
import { Child } from './child.js';

const BIN = fileURLToPath(new URL('../../bin/twinlane.js', import.meta.url));
const DIES_WITH_PARENT = new URL('./dies-with-parent.js', import.meta.url).href;
const FORGETS_NAMES = new URL('./forgets-names.js', import.meta.url).href;

/** The files that a relay keeps events in. */
const HISTORY = /^history\.db/;
/** Below the ports that systems give to outgoing connections, so that none takes the relay's while it is down. */
const PORTS = [20_000, 30_000] as const;
const TRIES = 50;
const READY_TRIES = 2_400;
const READY_POLL_MS = 50;
const ANSWER_MS = 1_000;

export interface RelayProcessOptions {
  readonly token: string;
  /** Folder of its own. */
  readonly folder: string;
  readonly log: string;
  /** Whether the bug `dedupe` is planted. */
  readonly forgetsNames: boolean;
  /** Variables of its environment beside the token. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** `twinlane relay`, the program as it is, which is killed and started again on the same port and the same data. */
export class RelayProcess {
  private child: Child;
  private hasLostHistory = false;

  private constructor(
    private readonly options: RelayProcessOptions,
    readonly port: number,
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

  get ports(): readonly number[] {
    return [this.port];
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

  /** While it is down. */
  loseData(): void {
    const { folder } = this.options;
    for (const name of readdirSync(folder)) rmSync(path.join(folder, name), { recursive: true });
  }

  /** It stands still: its connections stay open, and nothing is answered. */
  freeze(): void {
    this.child.freeze();
  }

  /** It goes on after `freeze`. */
  thaw(): void {
    this.child.thaw();
  }

  /** Starts it; it was down. */
  start(): void {
    this.child = this.spawn();
  }

  end(): Promise<void> {
    return this.child.end();
  }

  /** Of how many environments each node is the home, by the name of the node. Undefined: it does not answer. */
  async environmentsByNode(): Promise<ReadonlyMap<string, number> | undefined> {
    try {
      const answer = await fetch(`${this.url}/v1/nodes`, {
        headers: { authorization: `Bearer ${this.options.token}` },
        signal: AbortSignal.timeout(ANSWER_MS),
      });
      if (!answer.ok) return undefined;
      const { nodes } = (await answer.json()) as RelayNodes;
      // One that was killed is listed for a while beside the one that took its place.
      const inOrder = nodes.toSorted((a, b) => a.startedAt - b.startedAt);
      return new Map(inOrder.map(({ name, environments }) => [name, environments]));
    } catch {
      return undefined;
    }
  }

  /** Resolves when it answers. @throws Error when it does not within two minutes */
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
    const { token, folder, log, forgetsNames, settings } = this.options;
    return new Child({
      module: BIN,
      args: ['relay', '--port', String(this.port), '--data-dir', folder],
      env: { ...settings, TWINLANE_TOKEN: token },
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
