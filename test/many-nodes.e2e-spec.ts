import type { INestApplicationContext } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { type Attachment, TwinlaneClient } from '../src/client/index.js';
import type { ListenerModuleOptions } from '../src/listener/index.js';
import type { EnvironmentChanges, EnvironmentRecord, Frame, RelayNodes } from '../src/protocol/index.js';
import { LINK_MONITOR, type LinkMonitor, type LinkPhase } from '../src/transport/index.js';
import { Balancer } from './kit/balancer.js';
import { NATS_SKIPPED, NatsServer } from './kit/nats-server.js';
import { readRest, readUntil } from './kit/read-terminal.js';
import { turnInParts } from './kit/turn-in-parts.js';
import { startListener, startRelay, TOKEN, urlOf } from './kit/twinlane.js';

// Each test has nodes, a listener and clients of its own.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

describe.skipIf(NATS_SKIPPED !== undefined)(`two relay nodes over NATS (${NATS_SKIPPED ?? 'which is here'})`, () => {
  let nats: NatsServer;
  let nodes: NestExpressApplication[];
  let workspace: string;
  /** In front of the nodes: listeners come to the first one that is there, clients to the last one. */
  let towards: { listeners: Balancer; clients: Balancer };
  let closing: (() => unknown)[];

  beforeAll(async () => {
    nats = await NatsServer.start();
  });
  afterAll(() => nats.dispose());

  beforeEach(async () => {
    closing = [];
    workspace = await realpath(await mkdtemp(path.join(tmpdir(), 'twinlane-')));
    nodes = [await node('first'), await node('second')];
    towards = {
      listeners: await Balancer.start(() => nodes.map(portOf)),
      clients: await Balancer.start(() => nodes.map(portOf).toReversed()),
    };
  });
  afterEach(async () => {
    for (const close of closing.toReversed()) await close();
    await towards.listeners.stop();
    await towards.clients.stop();
    for (const each of nodes) await each.close();
    await rm(workspace, { recursive: true, force: true });
  });

  function node(nodeName: string): Promise<NestExpressApplication> {
    return startRelay({ engine: nats.url, nodeName, drainGraceMs: 500, drainEveryMs: 1, nats: { nodeTtlMs: 2_000 } });
  }

  function at(index: number): NestExpressApplication {
    const found = nodes[index];
    if (!found) throw new Error('no such node');
    return found;
  }

  async function listen(options: Partial<ListenerModuleOptions> = {}): Promise<INestApplicationContext> {
    const listener = await startListener({
      server: towards.listeners.url,
      workspace,
      transport: { backoffMinMs: 10, backoffMaxMs: 100 },
      ...options,
    });
    closing.push(() => listener.close());
    return listener;
  }

  function clientOf(server = towards.clients.url): TwinlaneClient {
    return new TwinlaneClient({ server, token: TOKEN, WebSocket, limits: { backoffFirstMs: 20, backoffMaxMs: 200 } });
  }

  /** What its home says of an environment is shown by the other node a moment later. */
  async function shown(client: TwinlaneClient, fits: (environment: EnvironmentRecord) => boolean) {
    return vi.waitFor(async () => {
      const environment = (await client.environments()).find(fits);
      if (!environment) throw new Error('no such environment is shown yet');
      return environment;
    }, 120_000);
  }

  const isOnline = ({ connectionId }: EnvironmentRecord): boolean => connectionId !== null;

  async function attach(server?: string, to?: Attachment): Promise<Attachment> {
    const client = clientOf(server);
    const attachment = await client.attach(await shown(client, isOnline), to?.runtime ? { runtime: to.runtime } : {});
    closing.push(() => attachment.close());
    if (!to) await attachment.runtimeStart({ agent_id: null });
    return attachment;
  }

  async function until(attachment: Attachment, fits: (event: Frame) => boolean): Promise<Frame> {
    for await (const event of attachment.events()) if (fits(event)) return event;
    throw new Error('the events ended');
  }

  it('a turn of a listener at one node is seen by a client of the other one, whole and in order', async () => {
    await listen();
    const attachment = await attach();
    await turnInParts(attachment, workspace);
  });

  it('C20 an approval is answered by a client of the other node; the others are told', async () => {
    await listen({ mode: 'standard' });
    const first = await attach(urlOf(at(0)));
    const asked = until(first, ({ type }) => type === 'control_request');
    await first.send('echo approved');
    const id = String((await asked)['request_id']);
    const second = await attach(urlOf(at(1)), first);
    expect(await until(second, ({ type }) => type === 'control_request')).toMatchObject({
      request_id: id,
      replayed: true,
    });
    const resolved = until(first, ({ type }) => type === 'control_request_resolved');
    const ended = until(first, ({ type }) => type === 'turn_finished');
    await second.answerApproval(id, { behavior: 'allow' });
    expect(await resolved).toMatchObject({ request_id: id, outcome: 'allow' });
    expect(await ended).toMatchObject({ stop_reason: 'end_turn' });
  });

  it('a terminal is driven through both nodes', async () => {
    await listen({ terminal: { shell: '/bin/sh' } });
    const attachment = await attach();
    const terminal = await attachment.openTerminal({ cols: 80, rows: 24 });
    terminal.write('seq 20000; echo done-$((1))\r');
    const text = await readUntil(terminal, /done-1\r\n/);
    expect(text.match(/\d+\r\n/g)?.length).toBe(20_000 + 1);
    terminal.write('exit 6\r');
    await readRest(terminal);
    expect(await terminal.exited).toEqual({ exitCode: 6 });
  });

  it('every node shows the environment, carries messages to it, and lists its runtimes', async () => {
    const listener = await listen();
    const attachment = await attach(urlOf(at(0)));
    await turnInParts(attachment, workspace);
    const there = await shown(clientOf(urlOf(at(0))), isOnline);
    const other = clientOf(urlOf(at(1)));
    const here = await shown(other, ({ id, currentMode }) => id === there.id && currentMode !== undefined);
    expect(here).toMatchObject({ id: there.id, connectionId: there.connectionId, currentLink: there.currentLink });
    const { runtimes } = await rest<{ runtimes: object[] }>(1, `/v1/environments/${here.id}/runtimes`);
    expect(runtimes).toMatchObject([{ runtime: attachment.runtime }]);
    const messages = [{ role: 'user', content: 'echo by rest' }];
    const sent = { messages, conversationId: attachment.runtime?.conversation_id };
    const ended = until(attachment, ({ type }) => type === 'turn_finished');
    expect(await rest(1, `/v1/environments/${here.id}/messages`, 'POST', sent)).toMatchObject({ success: true });
    await ended;
    await listener.close();
    await shown(other, ({ id, connectionId }) => id === here.id && connectionId === null);
  });

  it('C30 what an admin does at one node ends what is open at the other one', async () => {
    const listener = await listen();
    const { id } = await shown(clientOf(), isOnline);
    const made = await rest<{ token: string; id: string }>(1, '/v1/tokens', 'POST', { name: 'phone', role: 'client' });
    const phone = new TwinlaneClient({ server: urlOf(at(0)), token: made.token, WebSocket });
    const revoked = await phone.attach(id);
    closing.push(() => revoked.close());
    const ended = closed(revoked);
    await rest(1, `/v1/tokens/${made.id}`, 'DELETE');
    expect(await ended).toMatch(/revoked/);
    const attachment = await attach(urlOf(at(0)));
    const left = closed(attachment);
    await rest(1, `/v1/environments/${id}`, 'DELETE');
    expect(await left).toMatch(/deleted/);
    const { phase } = await stopped(listener);
    expect(phase).toBe('stopped');
    expect((await clientOf(urlOf(at(0))).environments()).map((environment) => environment.id)).not.toContain(id);
  });

  it('an environment that nobody is connected to is served where its listener comes back', async () => {
    await listen();
    await shown(clientOf(), isOnline);
    const servedBy = async () => {
      const { nodes: all } = await rest<RelayNodes>(1, '/v1/nodes');
      return all.filter(({ environments }) => environments > 0).map(({ name, state }) => `${name} ${state}`);
    };
    await vi.waitFor(async () => expect(await servedBy()).toEqual(['first ready']), 120_000);
    nodes.reverse();
    towards.listeners.cut();
    await vi.waitFor(async () => expect(await servedBy()).toEqual(['second ready']), 120_000);
    const attachment = await attach(urlOf(at(1)));
    const characters = await turnInParts(attachment, workspace);
    const { answeredBy, nats: said, nodes: all } = await rest<RelayNodes>(1, '/v1/nodes');
    expect([all.find(({ id }) => id === answeredBy)?.name, said]).toEqual(['first', 'connected']);
    const served = await vi.waitFor(async () => {
      const { connections } = await rest<{ connections: EnvironmentRecord[] }>(1, '/v1/environments');
      // Tests before this one have left theirs.
      const found = connections.find(({ servedBy: node }) => node === 'second');
      if (!found) throw new Error('nobody says so yet');
      return found.id;
    }, 120_000);
    const boss = await rest<{ token: string }>(1, '/v1/tokens', 'POST', { name: 'boss', role: 'admin' });
    const everything = await new TwinlaneClient({ server: urlOf(at(0)), token: boss.token, WebSocket }).environments();
    const seen = everything.find(({ id }) => id === served);
    expect([seen?.id, seen?.servedBy]).toEqual([served, undefined]);
    const [home, edge] = [await figures(0), await figures(1)];
    for (const one of [home, edge]) expect(one).toMatchObject({ nodes: 2, nats_connected: 1 });
    expect([home['homes'], edge['homes']]).toEqual([1, 0]);
    for (const name of [
      'homes_taken_total{from="nowhere"}',
      'jetstream_published_events_total',
      'jetstream_published_bytes_total',
      'jetstream_publish_seconds_count',
    ])
      expect([name, home[name]]).toEqual([name, expect.toSatisfy((value) => value > 0)]);
    expect(home['jetstream_unacknowledged_events']).toBeGreaterThanOrEqual(0);
    expect(edge['node_bytes_total{direction="received"}']).toBeGreaterThan(characters);
  });

  /** What a node counts, without what all names begin with. */
  async function figures(index: number): Promise<Record<string, number>> {
    const text = await (await fetch(`${urlOf(at(index))}/metrics`)).text();
    const samples = [...text.matchAll(/^twinlane_relay_(\S+) (\S+)$/gm)];
    return Object.fromEntries(samples.map(([, name, value]) => [name, Number(value)]));
  }

  it('C24 a node that stops gives its environments to the other one: nothing is lost, and nothing told twice', async () => {
    await listen();
    const attachment = await attach();
    const stop = async (part: number): Promise<void> => {
      if (part > 1) return;
      const [first] = nodes.splice(0, 1);
      await first?.close();
    };
    await turnInParts(attachment, workspace, { before: stop });
  });

  it('NATS that is killed and started again breaks no socket, and loses nothing', async () => {
    await listen();
    const attachment = await attach();
    const phases: string[] = [];
    void (async () => {
      for await (const { phase } of attachment.states()) phases.push(phase);
    })();
    const { cursor } = await rest<EnvironmentChanges>(1, '/v1/environment-changes');
    const kill = async (part: number): Promise<void> => {
      if (part > 2) return;
      await nats.kill();
      await vi.waitFor(async () => expect(await natsOf(1)).toBe('away'), 120_000);
      await nats.again();
    };
    await turnInParts(attachment, workspace, { before: kill });
    await vi.waitFor(async () => expect(await natsOf(1)).toBe('connected'), 120_000);
    // What others told meanwhile was missed.
    const since = await rest<EnvironmentChanges>(1, `/v1/environment-changes?since=${encodeURIComponent(cursor)}`);
    expect(since.recovered).toBe(false);
    expect(phases.filter((phase) => phase !== 'open')).toEqual([]);
  });

  /** What a node says of NATS, and that it takes traffic. */
  async function natsOf(index: number): Promise<unknown> {
    const { status, info } = await rest<{ status: string; info: { nats: object } }>(index, '/readyz');
    expect([status, info]).toMatchObject(['ok', { nats: { status: 'up' } }]);
    return (info.nats as { message?: unknown }).message;
  }

  /** Why an attachment is not open any more. */
  async function closed(attachment: Attachment): Promise<string> {
    for await (const state of attachment.states()) {
      if (state.phase === 'reconnecting') return state.reason;
      if (state.phase === 'closed') return state.error?.message ?? '';
    }
    return '';
  }

  async function stopped(listener: INestApplicationContext): Promise<{ phase: LinkPhase }> {
    for await (const state of listener.get<LinkMonitor>(LINK_MONITOR, { strict: false }).states())
      if (state.phase === 'stopped') return state;
    throw new Error('the listener goes on');
  }

  function portOf(app: NestExpressApplication): number {
    return (app.getHttpServer().address() as AddressInfo).port;
  }

  async function rest<T = unknown>(index: number, target: string, method = 'GET', body?: object): Promise<T> {
    const response = await fetch(`${urlOf(at(index))}${target}`, {
      method,
      headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const answer: unknown = await response.json();
    if (!response.ok) throw new Error(JSON.stringify(answer));
    return answer as T;
  }
});
