import { SYSTEM_CLOCK } from '../../src/protocol/index.js';
import { NatsConnection, type NatsState } from '../../src/relay/engine/nats/connection/nats-connection.js';
import { NatsOptions } from '../../src/relay/engine/nats/connection/nats.options.js';
import { NatsServer } from './nats-server.js';

/** One nats-server, and nodes that are connected to it. */
export class NatsWorld {
  private readonly nodes: NatsConnection[] = [];

  private constructor(readonly server: NatsServer) {}

  static async start(): Promise<NatsWorld> {
    return new NatsWorld(await NatsServer.start());
  }

  /** One more node. */
  async node(options: Partial<NatsOptions> = {}): Promise<NatsConnection> {
    const settings = {
      engine: this.server.url,
      nodeName: `node-${this.nodes.length + 1}`,
      options: Object.assign(new NatsOptions(), { reconnectMs: 20, ...options }),
    };
    const node = await NatsConnection.open(settings, SYSTEM_CLOCK);
    this.nodes.push(node);
    return node;
  }

  /** NATS is killed; once all nodes know, `meanwhile` runs, and then it is there again for all. */
  async outage(meanwhile: () => Promise<void> = async () => {}): Promise<void> {
    await Promise.all([this.all('away'), this.server.kill()]);
    try {
      await meanwhile();
    } finally {
      await Promise.all([this.all('connected'), this.server.again()]);
    }
  }

  /** Nodes leave, and all streams and buckets are taken away. */
  async empty(): Promise<void> {
    const node = this.nodes[0] ?? (await this.node());
    for await (const name of node.manager.streams.names()) {
      // Since 2.10 files go later, and a stream that is made anew meanwhile may find what was in them.
      await node.manager.streams.purge(name);
      await node.manager.streams.delete(name);
    }
    await Promise.all(this.nodes.splice(0).map((each) => each.close()));
  }

  async dispose(): Promise<void> {
    await Promise.all(this.nodes.splice(0).map((each) => each.close()));
    await this.server.dispose();
  }

  private async all(state: NatsState): Promise<void> {
    await Promise.all(this.nodes.map((node) => until(node, state)));
  }
}

/** Resolves once a connection is so. */
function until(node: NatsConnection, wanted: NatsState): Promise<void> {
  if (node.state === wanted) return Promise.resolve();
  return new Promise((resolve) => {
    const end = node.watch((state) => {
      if (state !== wanted) return;
      end();
      resolve();
    });
  });
}
