import type { NestExpressApplication } from '@nestjs/platform-express';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { type Attachment, TwinlaneClient } from '../../src/client/index.js';
import { type EnvironmentRecord, type Frame, SNAPSHOT_TYPES } from '../../src/protocol/index.js';
import { FaultProxy } from '../kit/fault-proxy.js';
import { StockClient } from '../kit/stock-client.js';
import { startRelay, TOKEN, urlOf } from '../kit/twinlane.js';
import { StockListener } from './stock-listener.js';
import { stockSdk } from './stock-sdk.js';

const RUNTIME = { agent_id: 'agent-1', conversation_id: 'conv-1' };

let root: string;
let workspace: string;
let relay: NestExpressApplication;
let proxy: FaultProxy;
let listener: StockListener;
let environment: EnvironmentRecord;
const attachments: { close(): void }[] = [];

const client = (): TwinlaneClient => new TwinlaneClient({ server: urlOf(relay), token: TOKEN, WebSocket });

async function startStock(): Promise<StockListener> {
  return StockListener.start({ server: proxy.url, token: TOKEN, home: path.join(root, 'home'), workspace });
}

async function attach(runtime = RUNTIME): Promise<Attachment> {
  const attachment = await client().attach(environment, { runtime });
  attachments.push(attachment);
  return attachment;
}

async function connect(runtime = RUNTIME): Promise<StockClient> {
  const options = { server: urlOf(relay), token: TOKEN, connectionId: environment.connectionId ?? '', runtime };
  const stock = await StockClient.open({ ...options, endsTurns: 'stop_reason' });
  attachments.push(stock);
  return stock;
}

/** The environment as REST shows it, whatever has happened to it since. */
function environmentLike(): unknown {
  const { id, connectionId, deviceId, connectionName } = environment;
  return expect.objectContaining({ id, connectionId, deviceId, connectionName });
}

/** Follows frames until one fits, and hands out all of them. */
async function until(frames: AsyncIterable<Frame>, fits: (seen: readonly Frame[]) => boolean): Promise<Frame[]> {
  const seen: Frame[] = [];
  for await (const frame of frames) {
    seen.push(frame);
    if (fits(seen)) return seen;
  }
  throw new Error('the frames ended');
}

beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'twinlane-interop-'));
  workspace = path.join(root, 'workspace');
  await mkdir(workspace);
  await mkdir(path.join(root, 'home'));
  relay = await startRelay();
  proxy = await FaultProxy.start(urlOf(relay));
  listener = await startStock();
  const [first] = await client().environments({ onlineOnly: true });
  if (!first) throw new Error('no environment is online');
  environment = first;
});
afterEach(() => {
  for (const attachment of attachments.splice(0)) attachment.close();
});
afterAll(async () => {
  await listener.stop();
  await proxy.stop();
  await relay.close();
  await rm(root, { recursive: true, force: true });
});

describe('a stock listener, letta-code 0.25.9', () => {
  it('registers and opens both channels', () => {
    expect(environment).toMatchObject({ connectionName: 'stock', metadata: { lettaCodeVersion: '0.25.9' } });
    expect(environment.connectionId).not.toBeNull();
  });

  it('lists a directory, reads and edits a file', async () => {
    await writeFile(path.join(workspace, 'a.txt'), 'one\ntwo\n');
    const attachment = await attach();
    expect(await attachment.command('list_in_directory', { path: workspace, include_files: true })).toMatchObject({
      files: ['a.txt'],
    });
    const file = path.join(workspace, 'a.txt');
    expect(await attachment.command('read_file', { path: file })).toMatchObject({ content: 'one\ntwo\n' });
    expect(
      await attachment.command('edit_file', { file_path: file, old_string: 'two', new_string: 'deux' }),
    ).toMatchObject({ replacements: 1 });
    expect(await readFile(file, 'utf8')).toBe('one\ndeux\n');
  });

  it('opens a terminal, under the id that its client gave', async () => {
    const attachment = await attach();
    const frames = attachment.frames();
    attachment.tell('terminal_spawn', { terminal_id: 't1', cols: 80, rows: 24 });
    expect(await frames.next()).toMatchObject({ value: { type: 'terminal_spawned', terminal_id: 't1' } });
    attachment.tell('terminal_input', { terminal_id: 't1', data: 'echo sum-$((20+22)); exit 3\r' });
    const shown = (all: readonly Frame[]): string =>
      all.map(({ data }) => (typeof data === 'string' ? data : '')).join('');
    const seen = await until(
      frames,
      (all) => shown(all).includes('sum-42\r\n') && all.some(({ type }) => type === 'terminal_exited'),
    );
    expect(new Set(seen.map((frame) => frame['terminal_id']))).toEqual(new Set(['t1']));
    expect(seen.find(({ type }) => type === 'terminal_exited')).toMatchObject({ exitCode: 3 });
  });

  it('shows its four status frames after sync', async () => {
    const attachment = await attach();
    const events = attachment.events();
    const synced = attachment.sync();
    const seen = await until(events, (all) => SNAPSHOT_TYPES.every((type) => all.some((event) => event.type === type)));
    await synced;
    expect(seen.map((event) => event['runtime'])).toContainEqual(RUNTIME);
  });

  it('C03 runs whole turns for a stock client, which never needs a sync', async () => {
    const attachment = await attach();
    const agent = await attachment.command('create_agent', { personality: 'blank' });
    const stock = await connect({ agent_id: String(agent['agent_id']), conversation_id: 'default' });
    for (let round = 0; round < 5; round++) {
      const events = await stock.turn(`ping ${round}`);
      const deltas = events.filter(({ type }) => type === 'stream_delta');
      expect(JSON.stringify(deltas)).toContain('pong');
      expect(deltas.at(-1)).toMatchObject({ delta: { message_type: 'stop_reason', stop_reason: 'end_turn' } });
    }
    expect(stock.jumps).toEqual([]);
    expect(stock.overtaken).toEqual([]);
  });

  it('C10 comes back when both sockets are cut; a terminal that this ends says so, and an idle runtime costs no sync', async () => {
    const attachment = await attach();
    const stock = await connect();
    await stock.sync();
    const frames = attachment.frames();
    attachment.tell('terminal_spawn', { terminal_id: 't2', cols: 80, rows: 24 });
    await frames.next();
    const before = listener.connected;
    proxy.now({ do: 'cut' });
    await until(frames, (all) => all.some(({ type }) => type === 'terminal_exited'));
    await listener.connections(before + 1);
    const listing = await attachment.command('list_in_directory', { path: workspace, include_files: true });
    expect(listing).toMatchObject({ success: true });
    await stock.sync();
    expect(stock.jumps).toEqual([]);
    expect(await client().environments({ onlineOnly: true })).toHaveLength(1);
  });

  it('is found and spoken to by the stock SDK', async () => {
    const attachment = await attach();
    const agent = await attachment.command('create_agent', { personality: 'blank' });
    const runtime = { agent_id: String(agent['agent_id']), conversation_id: 'default' };
    const stock = await connect(runtime);
    const sdk = await stockSdk({ baseURL: urlOf(relay), apiKey: TOKEN });
    const page = await sdk.environments.list({ onlineOnly: 'true' });
    expect(page).toEqual({ connections: [environmentLike()], hasNextPage: false });
    expect(await sdk.environments.retrieve(environment.deviceId)).toEqual(environmentLike());
    const messages = [{ role: 'user', content: 'hello', client_message_id: 'sdk-1' }];
    const target = { agentId: runtime.agent_id, conversationId: runtime.conversation_id };
    expect(await sdk.environments.sendMessage(environment.connectionId ?? '', { messages, ...target })).toMatchObject({
      success: true,
    });
    await stock.until(() => stock.events.find((event) => JSON.stringify(event).includes('pong')));
    await expect(sdk.environments.retrieve('nowhere')).rejects.toMatchObject({ status: 404 });
  });

  it('C15 is superseded once by a second one of the same name, and ends', async () => {
    const first = listener;
    listener = await startStock();
    expect(await first.exited()).toBe(1);
    expect(first.text).toContain('A newer listener took this environment over');
    // It came back once to hear that it must register, and no more often.
    expect(first.text.split('_ws_close')).toHaveLength(first.connected + 1);
    expect(first.connected).toBeLessThanOrEqual(4);
    const all = await client().environments();
    expect(all).toHaveLength(1);
    expect(all[0]?.connectionId).toBe(environment.connectionId);
    const attachment = await attach();
    expect(await attachment.command('list_in_directory', { path: workspace })).toMatchObject({ success: true });
    expect(listener.connected).toBe(1);
  });
});
