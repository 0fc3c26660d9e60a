import { randomUUID } from 'node:crypto';
import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { INestApplicationContext } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { type Attachment, isEvent, TwinlaneClient } from '../src/client/index.js';
import { ProtocolEmitterService } from '../src/emitter/index.js';
import type { Frame } from '../src/protocol/index.js';
import { FaultProxy } from './kit/fault-proxy.js';
import { RawSocket } from './kit/raw-socket.js';
import { startListener, startRelay, TOKEN, urlOf } from './kit/twinlane.js';

// A large file takes its time where several suites share a machine.
vi.setConfig({ testTimeout: 60_000 });

const MB = 1_000_000;
const MIB = 1024 * 1024;
/** Lines of what is large, and does not take long. */
const SOME_LINES = 300_000;
const LINE = 'a line of text, "quoted", with ä and 𝄞\n';
const LARGE_LINES = Math.ceil((50 * MB) / Buffer.byteLength(LINE));

let relay: NestExpressApplication;
let listener: INestApplicationContext;
let towardsRelay: FaultProxy;
let towardsClients: FaultProxy;
let workspace: string;
let closing: (() => unknown)[] = [];
/** Told of each chunk that a client receives. */
let chunkSeen: () => void = () => {};

class WatchedSocket extends WebSocket {
  constructor(...parameters: ConstructorParameters<typeof WebSocket>) {
    super(...parameters);
    this.on('message', (data: Buffer) => {
      if (data.subarray(0, 40).includes('"chunk"')) chunkSeen();
    });
  }
}

beforeEach(async () => {
  workspace = await realpath(await mkdtemp(path.join(tmpdir(), 'twinlane-')));
  relay = await startRelay();
  [towardsRelay, towardsClients] = [await FaultProxy.start(urlOf(relay)), await FaultProxy.start(urlOf(relay))];
  listener = await startListener({
    server: towardsRelay.url,
    workspace,
    mode: 'standard',
    transport: { backoffMinMs: 10, backoffMaxMs: 50 },
  });
  closing = [
    () => listener.close(),
    () => towardsRelay.stop(),
    () => towardsClients.stop(),
    () => relay.close(),
    () => rm(workspace, { recursive: true, force: true }),
  ];
});
afterEach(async () => {
  for (const close of closing) await close();
});

const emitter = (): ProtocolEmitterService => listener.get(ProtocolEmitterService, { strict: false });

async function environment(): Promise<{ id: string; client: TwinlaneClient }> {
  const limits = { backoffFirstMs: 10, backoffMaxMs: 50 };
  const client = new TwinlaneClient({ server: towardsClients.url, token: TOKEN, WebSocket: WatchedSocket, limits });
  const [found] = await client.environments();
  if (!found) throw new Error('no environment');
  return { id: found.id, client };
}

async function attach(): Promise<Attachment> {
  const { id, client } = await environment();
  const attachment = await client.attach(id);
  closing.unshift(() => attachment.close());
  await attachment.runtimeStart({ agent_id: null });
  return attachment;
}

/** A client's control socket that acknowledges only what it is told to. */
async function attachRaw(query: Readonly<Record<string, string>>): Promise<RawSocket> {
  const { id } = await environment();
  const parameters = new URLSearchParams({ channel: 'control', ...query });
  const url = `${towardsClients.url.replace('http', 'ws')}/v1/environments/${id}/status/ws?${parameters.toString()}`;
  const socket = await RawSocket.open(url, { token: TOKEN });
  closing.unshift(() => socket.ws.terminate());
  return socket;
}

async function writeLines(name: string, lines: number): Promise<void> {
  await writeFile(path.join(workspace, name), LINE.repeat(lines));
}

/** One turn that asks, is allowed, and ends. */
async function approvedTurn(attachment: Attachment): Promise<void> {
  const turn = await attachment.turn('true');
  for await (const event of turn)
    if (isEvent(event, 'control_request')) await attachment.answerApproval(event.request_id, { behavior: 'allow' });
}

describe('a large answer', () => {
  it('C18 of 50 MB comes whole, while approvals and control pass it', async () => {
    await writeLines('large', LARGE_LINES);
    const attachment = await attach();
    const passed = { approvals: 0, answers: 0, isRead: false };
    const reading = attachment.command('read_file', { path: 'large' }).finally(() => (passed.isRead = true));
    while (!passed.isRead) {
      await approvedTurn(attachment);
      if (!passed.isRead) passed.approvals++;
      await attachment.command('app_server_info', {});
      if (!passed.isRead) passed.answers++;
    }
    const { content } = await reading;
    expect(content === LINE.repeat(LARGE_LINES)).toBe(true);
    expect(passed.approvals).toBeGreaterThanOrEqual(5);
    expect(passed.answers).toBeGreaterThanOrEqual(5);
    // The listener hears of it after the client.
    await vi.waitFor(() => expect(emitter().settled).toBe(true), { timeout: 10_000 });
  });

  it('C18 goes on beside a source of events without end', async () => {
    await writeLines('large', 100_000);
    const attachment = await attach();
    const scope = { agent_id: null, conversation_id: 'endless' };
    const read = { isOver: false };
    const flood = (async () => {
      while (!read.isOver) {
        await emitter().ready(scope);
        for (let i = 0; i < 100; i++)
          emitter().emit('stream_delta', { delta: { message_type: 'assistant_message', content: LINE } }, scope);
        await new Promise(setImmediate);
      }
    })();
    const reading = attachment.command('read_file', { path: 'large' }).finally(() => (read.isOver = true));
    await approvedTurn(attachment);
    expect(read.isOver).toBe(false);
    const { content } = await reading;
    await flood;
    expect(content).toHaveLength(LINE.length * 100_000);
  });

  it('C17 C18 that its asker does not read holds nobody up, and is complete once it does', async () => {
    await writeLines('large', SOME_LINES);
    const slow = await attachRaw({ client: randomUUID(), chunks: '1' });
    const chunks = (): Frame[] => slow.frames.filter(({ type }) => type === 'chunk');
    const acknowledge = (): void => slow.send({ type: 'ack', seq: slow.frames.at(-1)?.['seq'] });
    slow.send({ type: 'ping' });
    slow.send({ type: 'read_file', request_id: 'slow', path: 'large' });
    await slow.seen('chunk');
    acknowledge();
    slow.ws.pause();
    const attachment = await attach();
    for (let i = 0; i < 3; i++) {
      const { content } = await attachment.command('read_file', { path: 'large', length: 4 * MIB });
      expect(content.length).toBeGreaterThan(3 * MIB);
      await approvedTurn(attachment);
    }
    expect(chunks().some(({ last }) => last === true)).toBe(false);
    expect(emitter().settled).toBe(false);
    slow.ws.on('message', acknowledge);
    slow.ws.resume();
    await slow.seenWhere(({ type, last }) => type === 'chunk' && last === true);
    const whole = chunks().map(({ data }) => data);
    expect(JSON.parse(whole.join(''))).toMatchObject({ content: LINE.repeat(SOME_LINES) });
  });

  it('ends at the device when its asker has gone', async () => {
    await writeLines('large', LARGE_LINES);
    const gone = await attachRaw({ chunks: '1' });
    gone.send({ type: 'read_file', request_id: 'gone', path: 'large' });
    await gone.seen('chunk');
    expect(emitter().settled).toBe(false);
    gone.ws.terminate();
    await vi.waitFor(() => expect(emitter().settled).toBe(true), { timeout: 10_000 });
  });

  it.each([
    ['the listener', () => towardsRelay],
    ['the client', () => towardsClients],
  ])('comes whole although the sockets of %s break in the middle of it', async (_, faults) => {
    await writeLines('large', SOME_LINES);
    const attachment = await attach();
    const isEnded: boolean[] = [];
    const firstChunk = new Promise<void>((resolve) => (chunkSeen = resolve));
    const reading = attachment.command('read_file', { path: 'large' }).finally(() => isEnded.push(true));
    await firstChunk;
    faults().now({ do: 'cut' });
    expect(isEnded).toEqual([]);
    const { content } = await reading;
    expect(content === LINE.repeat(SOME_LINES)).toBe(true);
  });

  it('comes in one, up to 8 MiB, to a client that takes no chunks', async () => {
    await writeLines('large', SOME_LINES);
    const stock = await attachRaw({});
    stock.send({ type: 'read_file', request_id: 'part', path: 'large', length: 4 * MIB });
    const part = await stock.seenWhere((frame) => frame['request_id'] === 'part');
    expect(part).toMatchObject({ type: 'read_file_response', success: true, content: expect.stringContaining(LINE) });
    stock.send({ type: 'read_file', request_id: 'whole', path: 'large' });
    const whole = await stock.seenWhere((frame) => frame['request_id'] === 'whole');
    expect(whole).toMatchObject({ success: false, error_code: 'ANSWER_TOO_LARGE' });
    expect(whole['error']).toContain('offset and length');
  });

  it('is an error that names offset and length beyond what one answer may have', async () => {
    await writeLines('huge', 2 * LARGE_LINES);
    const attachment = await attach();
    const reading = attachment.command('read_file', { path: 'huge' });
    await expect(reading).rejects.toMatchObject({
      code: 'ANSWER_TOO_LARGE',
      message: expect.stringContaining('offset and length'),
    });
  });
});

describe('a large event', () => {
  it('comes whole, once and in order', async () => {
    const attachment = await attach();
    const scope = attachment.runtime;
    if (!scope) throw new Error('no runtime');
    const seen: unknown[] = [];
    const events = attachment.events();
    const large = LINE.repeat(50_000);
    for (const content of ['before', large, 'after'])
      emitter().emit('stream_delta', { delta: { message_type: 'assistant_message', content } }, scope);
    for await (const event of events) {
      if (isEvent(event, 'stream_delta')) seen.push(event.delta['content']);
      if (seen.at(-1) === 'after') break;
    }
    expect(seen.map((content) => (content === large ? 'large' : content))).toEqual(['before', 'large', 'after']);
  });
});
