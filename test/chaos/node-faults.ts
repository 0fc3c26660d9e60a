import { setTimeout as wait } from 'node:timers/promises';
import type { Fault } from './fault-schedule.js';
import { NODE_TTL_MS, type RelayNode, type RelayNodes } from './relay-nodes.js';
import { Turns } from './turns.js';

/** Who is where at the moment, as far as it can be told. */
export interface Whereabouts {
  /** Port of the node where the listener of a fault is. */
  listener(fault: Fault): number | undefined;
  /** Port of the node where the client of a fault is. */
  client(fault: Fault): number | undefined;
}

/** As long as others wait before a node is gone, and a little longer. */
const LONG_MS = 1.5 * NODE_TTL_MS;
/** Whoever was struck before, and is nowhere, is waited for. */
const COMES_BACK_MS = 15_000;
const LOOK_MS = 50;

/** Faults of relay nodes, and of NATS below them. Each resolves when it has ended, with whether there was anything to strike. */
export class NodeFaults {
  private readonly turns = new Turns();
  private isOver = false;

  constructor(
    private readonly relays: RelayNodes,
    private readonly where: Whereabouts,
  ) {}

  /** What has not had its turn yet does not come any more: nodes that take long to come up would make a run endless. */
  stop(): void {
    this.isOver = true;
  }

  async strike(fault: Fault): Promise<boolean> {
    const { nodes } = this.relays;
    const { kind, duration } = fault;
    const { listener, client } = this.where;
    switch (kind) {
      case 'kill-listener-node':
        return this.killed(await this.at(() => listener(fault)), duration);
      case 'kill-client-node':
        return this.killed(await this.at(() => client(fault)), duration);
      case 'kill-both-nodes': {
        const both = await Promise.all([this.at(() => listener(fault)), this.at(() => client(fault))]);
        return this.killed([...new Set(both.flat())], duration);
      }
      case 'kill-all-nodes':
        return this.killed(nodes, duration);
      case 'kill-node-lose-cache':
        return this.killed(await this.home(), duration, (node) => node.process.loseData());
      case 'kill-nats':
        return this.natsKilled([], duration);
      case 'kill-nats-and-nodes':
        return this.natsKilled(nodes, duration);
      case 'freeze-node':
        return this.apart(
          await this.home(),
          duration,
          (node) => node.process.freeze(),
          (node) => node.process.thaw(),
        );
      case 'cut-off-node':
        return this.apart(
          await this.home(),
          duration,
          (node) => node.cutOff(),
          (node) => node.joinAgain(),
        );
      default:
        throw new Error(`${kind} is no fault of nodes.`);
    }
  }

  /** @returns whether it had its turn */
  private async turn(targets: readonly object[], work: () => Promise<void>): Promise<boolean> {
    let isTaken = false;
    await this.turns.take(targets, async () => {
      if (this.isOver || targets.length === 0) return;
      isTaken = true;
      await work();
    });
    return isTaken;
  }

  /** Where somebody is, once it is somewhere. */
  private async at(where: () => number | undefined): Promise<readonly RelayNode[]> {
    const until = Date.now() + COMES_BACK_MS;
    let port = where();
    for (; port === undefined && Date.now() < until; port = where()) await wait(LOOK_MS);
    return this.relays.nodes.filter(({ process }) => process.port === port);
  }

  /** The node that is the home of most environments, as the nodes say. */
  private async home(): Promise<readonly RelayNode[]> {
    const until = Date.now() + COMES_BACK_MS;
    for (;;) {
      const counts = await this.relays.environments();
      const most = Math.max(...counts);
      if (most > 0) return this.relays.nodes.slice(counts.indexOf(most)).slice(0, 1);
      if (Date.now() >= until) return [];
      await wait(LOOK_MS);
    }
  }

  private async killed(
    nodes: readonly RelayNode[],
    downMs: number,
    whileDown: (node: RelayNode) => void = () => {},
  ): Promise<boolean> {
    return this.turn(nodes, async () => {
      await Promise.all(nodes.map(({ process }) => process.kill()));
      await wait(downMs);
      for (const node of nodes) {
        whileDown(node);
        node.process.start();
      }
      await ready(nodes);
    });
  }

  private async natsKilled(nodes: readonly RelayNode[], downMs: number): Promise<boolean> {
    const { nats } = this.relays;
    return this.turn([nats, ...nodes], async () => {
      await Promise.all([nats.kill(), ...nodes.map(({ process }) => process.kill())]);
      await wait(downMs);
      await nats.again();
      for (const { process } of nodes) process.start();
      await ready(nodes);
    });
  }

  /** For so long that others take a node for gone, though it is not. */
  private async apart(
    nodes: readonly RelayNode[],
    ms: number,
    begin: (node: RelayNode) => void,
    end: (node: RelayNode) => void,
  ): Promise<boolean> {
    return this.turn(nodes, async () => {
      nodes.forEach(begin);
      await wait(LONG_MS + ms);
      nodes.forEach(end);
    });
  }
}

/** One that is killed before it has come up is no node that is killed. */
async function ready(nodes: readonly RelayNode[]): Promise<void> {
  await Promise.all(nodes.map(({ process }) => process.ready()));
}
