import type { INestApplicationContext } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { TwinlaneClient } from '../src/client/index.js';
import type { ListenerModuleOptions } from '../src/listener/index.js';
import type { Frame } from '../src/protocol/index.js';
import type { RelayModuleOptions } from '../src/relay/index.js';
import { FaultProxy } from './kit/fault-proxy.js';
import { StockClient } from './kit/stock-client.js';
import { startListener, startRelay, TOKEN, urlOf } from './kit/twinlane.js';

const RUNTIME = { agent_id: 'agent-1', conversation_id: 'conv-1' };
const LINES = 'i=0; while [ $i -lt 40 ]; do echo "line $i"; i=$((i+1)); done';

let relay: NestExpressApplication;
let proxy: FaultProxy;
let listener: INestApplicationContext;
let workspace: string;
const clients: StockClient[] = [];

async function start(relayOptions: RelayModuleOptions, listenerOptions: Partial<ListenerModuleOptions> = {}) {
  workspace = await mkdtemp(path.join(tmpdir(), 'twinlane-'));
  relay = await startRelay(relayOptions);
  proxy = await FaultProxy.start(urlOf(relay));
  const transport = { backoffMinMs: 1, backoffMaxMs: 5 };
  listener = await startListener({ server: proxy.url, workspace, transport, ...listenerOptions });
}

afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await listener.close();
  await proxy.stop();
  await relay.close();
  await rm(workspace, { recursive: true, force: true });
});

async function connect(): Promise<StockClient> {
  const server = urlOf(relay);
  const [environment] = await new TwinlaneClient({ server, token: TOKEN, WebSocket }).environments();
  const connectionId = environment?.connectionId ?? '';
  const client = await StockClient.open({ server, token: TOKEN, connectionId, runtime: RUNTIME });
  clients.push(client);
  return client;
}

function printed(events: readonly Frame[]): string {
  return events
    .map(({ delta }) => delta as Record<string, unknown> | undefined)
    .map((delta) => (delta?.['stream'] === 'stdout' ? String(delta['tool_return']) : ''))
    .join('');
}

/** Deltas that came after the end of the turn that they belong to. */
function lateDeltas(events: readonly Frame[]): Frame[] {
  const ended = new Set<unknown>();
  return events.filter((frame) => {
    if (frame.type === 'turn_finished') ended.add(frame['run_id']);
    const run = (frame['delta'] as Record<string, unknown> | undefined)?.['run_id'];
    return run !== undefined && ended.has(run);
  });
}

describe.each(['split', 'mirror'] as const)('a stock client, with the relay set to %s', (clientChannels) => {
  it('C03 needs no sync, and sees every turn whole, its end last', async () => {
    await start({ clientChannels });
    const client = await connect();
    for (let round = 0; round < 15; round++) {
      const events = await client.turn(LINES);
      expect(printed(events).trimEnd().split('\n')).toHaveLength(40);
      expect(events.at(-1)).toMatchObject({ type: 'turn_finished', stop_reason: 'end_turn' });
      expect(events.filter(({ type }) => type === 'turn_finished')).toHaveLength(1);
    }
    expect(lateDeltas(client.events)).toEqual([]);
    expect(client.jumps).toEqual([]);
    expect(client.overtaken).toEqual([]);
  });

  it('sees the turns of another client of its kind, and gets its own answers', async () => {
    await start({ clientChannels });
    const [one, two] = [await connect(), await connect()];
    const answers = await Promise.all([one, two].map((client) => client.ask('list_in_directory', { path: '.' })));
    for (const answer of answers) expect(answer).toMatchObject({ type: 'list_in_directory_response', success: true });
    await one.turn('echo one');
    await two.turn('echo two');
    for (const client of [one, two]) {
      await client.until(() => client.events.filter(({ type }) => type === 'turn_finished')[1]);
      expect(printed(client.events)).toBe('one\ntwo\n');
      expect(client.jumps).toEqual([]);
    }
  });

  it('C20 is shown a pending approval once it syncs, and answers it', async () => {
    await start({ clientChannels }, { mode: 'standard' });
    const first = await connect();
    const turn = first.turn('echo approved');
    await first.until(() => first.events.find(({ type }) => type === 'control_request'));
    const second = await connect();
    second.approves = 'allow';
    expect(second.events.filter(({ type }) => type === 'control_request')).toEqual([]);
    expect(await second.sync()).toMatchObject({ type: 'sync_response', success: true });
    const events = await turn;
    expect(printed(events)).toBe('approved\n');
    expect(second.events.find(({ type }) => type === 'control_request')).toMatchObject({ replayed: true });
    for (const client of [first, second]) expect(client.jumps).toEqual([]);
    expect(first.events.filter(({ type }) => type === 'control_request')).toHaveLength(1);
  });

  it('C20 is shown a pending approval when it syncs, also beside a later client of its kind', async () => {
    await start({ clientChannels }, { mode: 'standard' });
    const starter = await connect();
    const turn = starter.turn('echo approved');
    await starter.until(() => starter.events.find(({ type }) => type === 'control_request'));
    const [asker, later] = [await connect(), await connect()];
    expect(later.events.filter(({ type }) => type === 'control_request')).toEqual([]);
    asker.approves = 'allow';
    await asker.sync();
    expect(printed(await turn)).toBe('approved\n');
    expect(asker.events.find(({ type }) => type === 'control_request')).toMatchObject({ replayed: true });
  });

  it('C02 needs no sync when the listener reconnects in the middle of a turn', async () => {
    await start({ clientChannels });
    const client = await connect();
    const turn = client.turn('for i in 1 2 3 4 5 6 7 8 9; do echo $i; sleep 0.05; done');
    await client.until(() => (printed(client.events).includes('2') ? true : undefined));
    proxy.now({ do: 'cut' });
    const events = await turn;
    expect(printed(events).trimEnd().split('\n')).toEqual(['1', '2', '3', '4', '5', '6', '7', '8', '9']);
    expect(client.jumps).toEqual([]);
  });
});
