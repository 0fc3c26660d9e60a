// Relay nodes over one nats-server, and a balancer before them: processes, which end with the bench.
import { temporaryDirectory } from './at-exit.mjs';
import { startNats } from './nats.mjs';
import { NO_LIMITS } from './no-limits.mjs';
import { startProgram, startRelay } from './programs.mjs';

/** One node, which can be stopped and started again at the same address. */
class RelayNode {
  #directory = temporaryDirectory();
  #options;

  /** @param options of `startRelay` */
  constructor(name, options) {
    this.name = name;
    this.#options = options;
  }

  async start() {
    const { args, ...rest } = this.#options;
    const port = this.port ?? 0;
    this.program = await startRelay(this.#directory, { ...rest, port, args: [...args, '--node-name', this.name] });
    this.port = Number(new URL(this.program.url).port);
  }

  /** Ends it as a rolling restart does, and starts it again. @returns ms until it had ended, and until it was there again */
  async restart() {
    const begun = performance.now();
    const code = await this.program.terminate();
    if (code !== 0) throw new Error(`${this.name} ended with ${code}`);
    const endedMs = performance.now() - begun;
    await this.start();
    return { endedMs, againMs: performance.now() - begun };
  }

  get url() {
    return this.program.url;
  }

  get pid() {
    return this.program.pid;
  }
}

/** Nodes, and what is beneath them. */
export class RelayNodes {
  #balancers = [];

  /**
   * @param count of nodes, named `node-1`, `node-2`, …
   * @param flags of Node @param args of the relay, beside the engine @param nats options of `startNats`
   */
  static async start(count, { flags = [], args = [], nats = {} } = {}) {
    const all = new RelayNodes();
    all.nats = await startNats(nats);
    const options = { flags, args: [...NO_LIMITS, '--engine', all.nats.url, ...args] };
    all.nodes = Array.from({ length: count }, (_, index) => new RelayNode(`node-${index + 1}`, options));
    // The first one makes the streams and buckets.
    const [first, ...others] = all.nodes;
    await first.start();
    await Promise.all(others.map((node) => node.start()));
    return all;
  }

  /**
   * A balancer before all of them, which asks each for `/readyz`.
   *
   * @param choose `turns`: each connection to the next node; `environment`: all of one environment to the same node
   * @returns a program, with a `url`; `ask('inService')` says which ports it gives connections to
   */
  async balancer({ choose = 'turns', healthEveryMs = 500 } = {}) {
    const ports = this.nodes.map(({ port }) => port);
    const program = await startProgram('balancer', { ports, choose, healthEveryMs });
    this.#balancers.push(program);
    return Object.assign(program, { url: program.ready });
  }

  /** `work` at all programs of nodes at once. */
  each(work) {
    return Promise.all(this.nodes.map(({ program }) => work(program)));
  }

  async stop() {
    await Promise.all([...this.#balancers, ...this.nodes.map(({ program }) => program)].map((each) => each.stop()));
    await this.nats.stop();
  }
}
