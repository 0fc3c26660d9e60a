import { Balancer } from '../kit/balancer.js';
import { NatsServer } from '../kit/nats-server.js';
import { RelayProcess, type RelayProcessOptions } from './relay-process.js';

/** A node that has said nothing for this long is gone, in ms: short, so that a minute holds many that are. */
export const NODE_TTL_MS = 2_000;

/** One relay process, and its own way to NATS. */
export class RelayNode {
  constructor(
    readonly process: RelayProcess,
    private readonly way: { readonly balancer: Balancer; isOpen: boolean },
  ) {}

  /** It does not reach NATS any more. */
  cutOff(): void {
    this.way.isOpen = false;
    this.way.balancer.cut();
  }

  /** It reaches NATS again. */
  joinAgain(): void {
    this.way.isOpen = true;
  }

  async end(): Promise<void> {
    this.process.thaw();
    await this.process.end();
    await this.way.balancer.stop();
  }
}

/** Relay processes that share what they know over one nats-server. */
export class RelayNodes {
  readonly nodes: RelayNode[] = [];

  private constructor(readonly nats: NatsServer) {}

  /** @param optionsOf of the n-th node, counted from 0; resolves when all are ready, or rejects when all that started have ended */
  static async launch(count: number, optionsOf: (index: number) => RelayProcessOptions): Promise<RelayNodes> {
    const all = new RelayNodes(await NatsServer.start());
    const launched = Array.from({ length: count }, (_, index) => all.add(index, optionsOf(index)));
    const failed = (await Promise.allSettled(launched)).find((one) => one.status === 'rejected');
    if (!failed) return all;
    await all.end();
    throw failed.reason;
  }

  get ports(): readonly number[] {
    return this.nodes.map(({ process }) => process.port);
  }

  /** Whether all of them are. */
  get isRunning(): boolean {
    return this.nodes.every(({ process }) => process.isRunning);
  }

  /** Of how many environments each node is the home, as far as one of them says. */
  async environments(): Promise<number[]> {
    for (const { process } of this.nodes) {
      const said = await process.environmentsByNode();
      if (said) return this.nodes.map((_, index) => said.get(nameOf(index)) ?? 0);
    }
    return this.nodes.map(() => 0);
  }

  async end(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.end()));
    await this.nats.dispose();
  }

  private async add(index: number, options: RelayProcessOptions): Promise<void> {
    const way = { isOpen: true };
    const balancer = await Balancer.start(() => (way.isOpen ? [this.nats.port] : []));
    const settings = {
      TWINLANE_ENGINE: balancer.url.replace('http:', 'nats:'),
      TWINLANE_NODE_NAME: nameOf(index),
      TWINLANE_NODE_TTL_MS: String(NODE_TTL_MS),
    };
    this.nodes[index] = new RelayNode(
      await RelayProcess.launch({ ...options, settings }),
      Object.assign(way, { balancer }),
    );
  }
}

function nameOf(index: number): string {
  return `node-${index}`;
}
