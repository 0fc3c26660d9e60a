import type { NestExpressApplication } from '@nestjs/platform-express';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { type Attachment, TwinlaneClient } from '../../src/client/index.js';
import { type EnvironmentRecord, type Frame, SNAPSHOT_TYPES } from '../../src/protocol/index.js';
import { CutProxy } from '../kit/cut-proxy.js';
import { StockClient } from '../kit/stock-client.js';
import { startRelay, TOKEN, urlOf } from '../kit/twinlane.js';
import { StockListener } from './stock-listener.js';

const RUNTIME = { agent_id: 'agent-1', conversation_id: 'conv-1' };

let root: string;
let workspace: string;
let relay: NestExpressApplication;
let proxy: CutProxy;
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
  proxy = await CutProxy.start(urlOf(relay));
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
    const shown = (seen: readonly Frame[]): string => seen.map(({ data }) => String(data ?? '')).join('');
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
});
