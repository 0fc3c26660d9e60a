import { Logger } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { mkdir, realpath } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { TwinlaneClient } from '../../src/client/index.js';
import { SYSTEM_CLOCK } from '../../src/protocol/index.js';
import { NatsConnection } from '../../src/relay/engine/nats/connection/nats-connection.js';
import { NatsOptions } from '../../src/relay/engine/nats/connection/nats.options.js';
import { NatsCluster } from '../kit/nats-cluster.js';
import { NATS_SKIPPED } from '../kit/nats-server.js';
import { PROCESS_TOKEN, RelayProcess } from '../kit/relay-process.js';
import { startListener } from '../kit/twinlane.js';
import { turnInParts } from '../kit/turn-in-parts.js';

const NODE_TTL_MS = 1_500;

describe.skipIf(NATS_SKIPPED !== undefined)(`nodes with three servers of NATS (${NATS_SKIPPED ?? 'here'})`, () => {
  let cluster: NatsCluster;
  /** The listener comes to the first one, the client to the last one. */
  const nodes: RelayProcess[] = [];
  /** Environments of earlier tests, which count as online for a moment. */
  const seen = new Set<string>();
  const cleanups: (() => unknown)[] = [];

  beforeAll(async () => {
    cluster = await NatsCluster.start();
    const settings = {
      TWINLANE_ENGINE: cluster.url,
      TWINLANE_NODE_TTL_MS: `${NODE_TTL_MS}`,
      TWINLANE_NATS_REPLICAS: '3',
    };
    // One after the other: what has started is ended also where the next one does not start.
    for (const n of [1, 2]) nodes.push(await RelayProcess.start({ ...settings, TWINLANE_NODE_NAME: `node-${n}` }));
  });
  afterAll(async () => {
    for (const each of nodes) await each.dispose();
    await cluster.dispose();
  });
  afterEach(async () => {
    for (const undo of cleanups.splice(0).toReversed()) await undo();
  });

  /** Each node says that both live, and that the second one serves nobody. */
  async function expectNobodyTookOver(): Promise<void> {
    for (const node of nodes) {
      const { nodes: all } = (await node.rest('/v1/nodes')).body as { nodes: { name: string; environments: number }[] };
      expect(all.map(({ name }) => name).toSorted()).toEqual(['node-1', 'node-2']);
      expect(all.find(({ name }) => name === 'node-2')?.environments).toBe(0);
    }
  }

  async function twoOfThree(): Promise<void> {
    await cluster.kill(0, 1);
    const since = SYSTEM_CLOCK.elapsed();
    while (SYSTEM_CLOCK.elapsed() - since < 2 * NODE_TTL_MS) await expectNobodyTookOver();
    await cluster.again(0, 1);
  }

  async function leader(): Promise<void> {
    const number = await cluster.leaderOf('TWINLANE_HISTORY_0');
    await cluster.kill(number);
    cleanups.push(() => cluster.again(number));
  }

  it.each([
    ['the server that leads the histories', leader],
    ['two of three servers, for longer than a node may be silent', twoOfThree],
  ])('C24 nothing is lost, and nobody takes over: %s', async (_, kill) => {
    const workspace = path.join(nodes[1]?.home ?? '', 'work', randomUUID());
    await mkdir(workspace, { recursive: true });
    const listener = await startListener({
      server: nodes[0]?.url ?? '',
      token: PROCESS_TOKEN,
      workspace: await realpath(workspace),
      transport: { backoffMinMs: 10, backoffMaxMs: 200 },
    });
    cleanups.push(() => listener.close());
    const client = new TwinlaneClient({
      server: nodes[1]?.url ?? '',
      token: PROCESS_TOKEN,
      WebSocket,
      limits: { backoffFirstMs: 20, backoffMaxMs: 200 },
    });
    const environment = await vi.waitFor(async () => {
      const online = (await client.environments({ onlineOnly: true })).find(({ id }) => !seen.has(id));
      if (!online) throw new Error('no environment is online yet');
      return online;
    }, 120_000);
    seen.add(environment.id);
    const attachment = await client.attach(environment);
    cleanups.push(() => attachment.close());
    await attachment.runtimeStart({ agent_id: null });
    await turnInParts(attachment, workspace, { during: (part) => part === 2 && kill() });
    await expectNobodyTookOver();
  });

  it('a node says so where it is told to keep another number of copies than there are', async () => {
    const warned = vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => {});
    cleanups.push(() => warned.mockRestore());
    for (const replicas of [3, 1] as const) {
      const options = Object.assign(new NatsOptions(), { replicas });
      const connection = await NatsConnection.open({ engine: cluster.url, nodeName: 'test', options }, SYSTEM_CLOCK);
      cleanups.push(() => connection.close());
      await connection.stream({ name: 'SOME', subjects: ['some'] });
    }
    expect(warned.mock.calls.map(([said]) => String(said))).toEqual([
      'NATS has kept 3 copies of SOME, and is told to keep 1: TWINLANE_NATS_REPLICAS of this node says so.',
    ]);
  });
});
