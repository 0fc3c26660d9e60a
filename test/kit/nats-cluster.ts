import { SYSTEM_CLOCK } from '../../src/protocol/index.js';
import { NatsConnection } from '../../src/relay/engine/nats/connection/nats-connection.js';
import { NatsOptions } from '../../src/relay/engine/nats/connection/nats.options.js';
import { freePort } from './free-port.js';
import { NatsServer } from './nats-server.js';

const NAME = 'twinlane-test';
/** Servers find each other within this time on the slowest machine, in ms. */
const SETTLE_MS = 200_000;

/** Three servers of NATS that keep everything three times: two of them are enough. */
export class NatsCluster {
  private constructor(readonly servers: readonly NatsServer[]) {}

  /** Resolves once JetStream answers. */
  static async start(): Promise<NatsCluster> {
    const ports = await Promise.all([freePort(), freePort(), freePort()]);
    const routes = ports.map((port) => `nats://127.0.0.1:${port}`);
    const clustered = routes.map((route, i) => {
      const others = routes.filter((other) => other !== route).join(',');
      return ['--name', `server-${i}`, '--cluster_name', NAME, '--cluster', route, '--routes', others];
    });
    const cluster = new NatsCluster(await Promise.all(clustered.map((args) => NatsServer.start({ args }))));
    await cluster.connected(async (connection) => {
      await connection.stream({ name: 'READY', subjects: ['ready'] });
      await connection.manager.streams.delete('READY');
    });
    return cluster;
  }

  /** As `TWINLANE_ENGINE` takes it. */
  get url(): string {
    return this.servers.map(({ url }) => url).join(',');
  }

  /** Number of the server that leads a stream. */
  leaderOf(stream: string): Promise<number> {
    return this.connected(async ({ manager }) => {
      const { cluster } = await manager.streams.info(stream);
      return Number(cluster?.leader?.split('-')[1]);
    });
  }

  /** Kills (`kill -9`) these servers. */
  async kill(...numbers: readonly number[]): Promise<void> {
    await Promise.all(numbers.map(async (i) => this.servers[i]?.kill()));
  }

  /** Starts them again. */
  async again(...numbers: readonly number[]): Promise<void> {
    await Promise.all(numbers.map(async (i) => this.servers[i]?.again()));
  }

  async dispose(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.dispose()));
  }

  private async connected<T>(work: (connection: NatsConnection) => Promise<T>): Promise<T> {
    const options = Object.assign(new NatsOptions(), { replicas: 3, firstConnectMs: SETTLE_MS });
    const connection = await NatsConnection.open({ engine: this.url, nodeName: 'test', options }, SYSTEM_CLOCK);
    try {
      return await work(connection);
    } finally {
      await connection.close();
    }
  }
}
