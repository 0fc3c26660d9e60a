import { Logger } from '@nestjs/common';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { NATS_SKIPPED } from '../../../../../test/kit/nats-server.js';
import { NatsWorld } from '../../../../../test/kit/nats-world.js';
import { SYSTEM_CLOCK } from '../../../../protocol/index.js';
import type { NatsConnection } from '../connection/nats-connection.js';
import { Nodes, type NodesObserver } from './nodes.js';

/** So long that no machine is too slow to be heard. */
const LONG_MS = 120_000;
const SHORT_MS = 600;

describe.skipIf(NATS_SKIPPED !== undefined)(`the nodes of a relay (NATS: ${NATS_SKIPPED ?? 'here'})`, () => {
  let world: NatsWorld;
  const open: Nodes[] = [];
  beforeAll(async () => {
    world = await NatsWorld.start();
  });
  afterAll(() => world.dispose());
  afterEach(async () => {
    for (const nodes of open.splice(0)) await nodes.leave();
    await world.empty();
  });

  async function node(self: string, gone: NodesObserver['gone'] = () => {}, nodeTtlMs = LONG_MS) {
    const connection: NatsConnection = await world.node();
    const record = { id: self, name: self, startedAt: 1, state: 'ready', sockets: 0, environments: 0 } as const;
    const nodes = await Nodes.open(self, connection, SYSTEM_CLOCK, { nodeTtlMs }, () => record, { came() {}, gone });
    open.push(nodes);
    return { nodes, connection };
  }

  it('know each other, and who has left', async () => {
    const gone = vi.fn<NodesObserver['gone']>();
    const { nodes: a } = await node('a', gone);
    const { nodes: b } = await node('b');
    await vi.waitFor(() => expect(a.all.map(({ name }) => name).toSorted()).toEqual(['a', 'b']), 100_000);
    expect(await a.isGone('b')).toBe(false);
    await b.leave();
    await vi.waitFor(() => expect(gone).toHaveBeenCalledWith('b', 'left'), 100_000);
    expect(await a.isGone('b')).toBe(true);
  });

  it('count as gone that are not heard of any more', async () => {
    const warned = vi.spyOn(Logger.prototype, 'warn').mockReturnValue();
    const gone = vi.fn<NodesObserver['gone']>();
    const { nodes: a } = await node('a', gone, SHORT_MS);
    const { connection } = await node('b', undefined, SHORT_MS);
    await connection.core.close();
    await vi.waitFor(() => expect(gone).toHaveBeenCalledWith('b', 'silent'), 100_000);
    await vi.waitFor(async () => expect(await a.isGone('b')).toBe(true), 100_000);
    expect(a.isSilent('b')).toBe(true);
    expect(warned).toHaveBeenCalledWith(expect.stringMatching(/^The node b has said nothing/), { node: 'b' });
    warned.mockRestore();
  });

  it('are not gone because JetStream does not answer', async () => {
    const gone = vi.fn<(node: string) => void>();
    const { nodes: a, connection } = await node('a', gone, SHORT_MS);
    const { nodes: b } = await node('b', undefined, SHORT_MS);
    const { nodes: killed, connection: its } = await node('killed', undefined, SHORT_MS);
    await vi.waitFor(() => expect(a.all).toHaveLength(3), 100_000);
    await connection.manager.streams.delete('KV_TWINLANE_NODES');
    await vi.waitFor(() => expect(a.say()).rejects.toThrow(/JetStream that answers/), 100_000);
    await its.core.close();
    // It is known to say nothing more, and nobody else is silent; but who could take over what it had?
    await vi.waitFor(() => expect([a.isSilent('killed'), a.isSilent('b')]).toEqual([true, false]), 100_000);
    const since = SYSTEM_CLOCK.elapsed();
    await vi.waitFor(() => expect(SYSTEM_CLOCK.elapsed() - since).toBeGreaterThan(2 * SHORT_MS), 100_000);
    expect([a.all.length, gone.mock.calls]).toEqual([3, []]);
    await connection.bucket('TWINLANE_NODES', { ttlMs: SHORT_MS });
    await vi.waitFor(() => expect(gone.mock.calls).toEqual([['killed', 'silent']]), 100_000);
    expect([await a.isGone('b'), await a.isGone('killed')]).toEqual([false, true]);
    expect([b.isHeard('a'), killed.self]).toEqual([true, 'killed']);
  });

  it('are not gone because NATS was', async () => {
    const gone = vi.fn<NodesObserver['gone']>();
    const { nodes: a } = await node('a', gone);
    await node('b');
    await vi.waitFor(() => expect(a.isHeard('b')).toBe(true), 100_000);
    await world.outage();
    await a.say();
    expect(a.isHeard('b')).toBe(true);
    expect(gone).not.toHaveBeenCalled();
  });
});
