import { mkdir, realpath } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { TwinlaneClient } from '../src/client/index.js';
import { Balancer } from './kit/balancer.js';
import { NATS_SKIPPED, NatsServer } from './kit/nats-server.js';
import { PROCESS_TOKEN, RelayProcess } from './kit/relay-process.js';
import { startListener } from './kit/twinlane.js';
import { turnInParts } from './kit/turn-in-parts.js';

// Each test starts processes, and some wait until a node that was killed counts as gone.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

describe.skipIf(NATS_SKIPPED !== undefined)(`relay nodes that are killed (NATS: ${NATS_SKIPPED ?? 'here'})`, () => {
  let nats: NatsServer;
  /** The listener comes to the first one that is there, the client to the last one. */
  let nodes: RelayProcess[];
  let balancers: Balancer[];
  const cleanups: (() => unknown)[] = [];

  beforeAll(async () => {
    nats = await NatsServer.start();
  });
  afterAll(() => nats.dispose());

  beforeEach(async () => {
    const settings = { TWINLANE_ENGINE: nats.url, TWINLANE_NODE_TTL_MS: '1500' };
    nodes = await Promise.all(
      [1, 2, 3].map((n) => RelayProcess.start({ ...settings, TWINLANE_NODE_NAME: `node-${n}` })),
    );
    const ports = nodes.map(({ port }) => port);
    balancers = [await Balancer.start(() => ports), await Balancer.start(() => ports.toReversed())];
  });
  afterEach(async () => {
    for (const undo of cleanups.splice(0).toReversed()) await undo();
    for (const each of balancers) await each.stop();
    for (const each of nodes) await each.dispose();
  });

  const first = () => nodes.at(0)?.kill();
  const last = () => nodes.at(-1)?.kill();

  it.each([
    ['the node of the listener', first],
    ['the node of the client', last],
    ['both', () => Promise.all([first(), last()])],
    ['NATS', () => nats.kill().then(() => nats.again())],
  ])('C24 nothing is lost, and nothing told twice: %s', async (_, kill) => {
    const [listeners, clients] = balancers;
    const workspace = path.join(nodes[1]?.home ?? '', 'work');
    await mkdir(workspace, { recursive: true });
    const listener = await startListener({
      server: listeners?.url ?? '',
      token: PROCESS_TOKEN,
      workspace: await realpath(workspace),
      transport: { backoffMinMs: 10, backoffMaxMs: 200 },
    });
    cleanups.push(() => listener.close());
    const client = new TwinlaneClient({
      server: clients?.url ?? '',
      token: PROCESS_TOKEN,
      WebSocket,
      limits: { backoffFirstMs: 20, backoffMaxMs: 200 },
    });
    const environment = await vi.waitFor(async () => {
      const [online] = await client.environments({ onlineOnly: true });
      if (!online) throw new Error('no environment is online yet');
      return online;
    }, 120_000);
    const attachment = await client.attach(environment);
    cleanups.push(() => attachment.close());
    await attachment.runtimeStart({ agent_id: null });
    await turnInParts(attachment, workspace, { during: (part) => part === 2 && kill() });
  });
});
