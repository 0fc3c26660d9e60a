import type { NestExpressApplication } from '@nestjs/platform-express';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { type Attachment, isGap, TwinlaneClient } from '../../src/client/index.js';
import { type Frame, SNAPSHOT_TYPES } from '../../src/protocol/index.js';
import { StockClient } from '../kit/stock-client.js';
import { startRelay, TOKEN, urlOf } from '../kit/twinlane.js';
import {
  controlRequest,
  deviceStatus,
  IDLE_STATE,
  loopStatus,
  RUN,
  STOPPED,
  textDelta,
  TURN_FINISHED,
} from './fixtures/stock-events.js';
import { ScriptedListener } from './scripted-listener.js';

const RUNTIME = { agent_id: 'agent-local-1', conversation_id: 'local-conv-1' };

let relay: NestExpressApplication;
let listener: ScriptedListener;
const clients: { close(): void }[] = [];

beforeEach(async () => {
  relay = await startRelay();
  listener = new ScriptedListener(urlOf(relay), TOKEN, RUNTIME);
  await listener.register();
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  listener.cut();
  await relay.close();
});

async function stock(): Promise<StockClient> {
  const { connectionId } = listener;
  const client = await StockClient.open({ server: urlOf(relay), token: TOKEN, connectionId, runtime: RUNTIME });
  clients.push(client);
  return client;
}

async function ours(): Promise<Attachment> {
  const client = new TwinlaneClient({ server: urlOf(relay), token: TOKEN, WebSocket });
  const attachment = await client.attach(listener.connectionId, { runtime: RUNTIME });
  clients.push(attachment);
  return attachment;
}

const typesOf = (events: readonly Frame[]): string[] => events.map(({ type }) => type);

/** A turn whose end, on control, comes before its last text, on stream. */
async function turnEndingEarly(text: string): Promise<void> {
  await listener.accept(text);
  listener.emit('stream', loopStatus('SENDING_API_REQUEST'), loopStatus('PROCESSING_API_RESPONSE', [RUN]));
  listener.emit('stream', textDelta('tok0 '));
  const late = [textDelta('tok1 '), STOPPED, loopStatus('WAITING_ON_INPUT')].map((event) => listener.number(event));
  listener.emit('control', TURN_FINISHED);
  await listener.read('control');
  for (const event of late) listener.send('stream', event);
  listener.emit('stream', deviceStatus(false));
}

describe('a stock-like listener with paired generations', () => {
  it('is greeted on each socket with its generation and attempt, and again when it comes back', async () => {
    const first = await listener.connect();
    expect(first.control).toMatchObject({ connection_attempt: 1 });
    expect(first.stream).toEqual(first.control);
    listener.cut();
    const second = await listener.connect();
    expect(second.control).toMatchObject({ connection_attempt: 2 });
    expect(second.stream).toEqual(second.control);
    expect(second.control['connection_generation']).not.toBe(first.control['connection_generation']);
  });

  it('C03 a turn’s end that came first is shown after the turn’s last text, to stock clients and ours', async () => {
    await listener.connect();
    const [client, attachment] = [await stock(), await ours()];
    for (const text of ['first', 'second']) {
      const watching = attachment.events();
      const turn = client.turn(text);
      await turnEndingEarly(text);
      const events = await turn;
      expect(typesOf(events).slice(-4)).toEqual([
        'stream_delta',
        'stream_delta',
        'update_loop_status',
        'turn_finished',
      ]);
      const seen: Frame[] = [];
      for await (const event of watching) if (seen.push(event) && event.type === 'turn_finished') break;
      expect(typesOf(seen.slice(-3))).toEqual(['stream_delta', 'update_loop_status', 'turn_finished']);
    }
    expect(client.jumps).toEqual([]);
    expect(client.overtaken).toEqual([]);
  });

  it('C03 a turn of ours ends with its end, and holds every delta', async () => {
    await listener.connect();
    const attachment = await ours();
    const turning = attachment.turn('hello');
    const scripted = turnEndingEarly('hello');
    const events: Frame[] = [];
    for await (const event of await turning) events.push(event);
    await scripted;
    expect(typesOf(events).filter((type) => type === 'stream_delta')).toHaveLength(3);
    expect(events.at(-1)).toMatchObject({ type: 'turn_finished', stop_reason: 'end_turn' });
  });

  it('sync shows what the device shows, and pending approvals to the asker alone', async () => {
    await listener.connect();
    const [asker, attachment] = [await stock(), await ours()];
    const watching = attachment.events();
    listener.emit('stream', loopStatus('WAITING_ON_APPROVAL', [RUN]));
    listener.emit('control', controlRequest('approval-1'));
    await asker.until(() => asker.events.find(({ type }) => type === 'control_request'));
    const answer = asker.sync();
    const sync = await listener.command('sync');
    expect(sync).toMatchObject({ runtime: RUNTIME, recover_approvals: true, force_device_status: true });
    listener.emit('control', controlRequest('approval-1'));
    listener.answerSync(sync, [deviceStatus(true), loopStatus('WAITING_ON_APPROVAL', [RUN]), ...IDLE_STATE.slice(2)]);
    expect(await answer).toMatchObject({ success: true });
    for (const type of SNAPSHOT_TYPES) await asker.until(() => asker.events.find((event) => event.type === type));
    await asker.until(() => asker.events.filter(({ type }) => type === 'control_request')[1]);
    asker.send({
      type: 'input',
      runtime: RUNTIME,
      payload: { kind: 'approval_response', request_id: 'approval-1', decision: { behavior: 'allow' } },
    });
    const input = await listener.command('input');
    expect(input).toMatchObject({ payload: { request_id: 'approval-1' } });
    listener.answer(input, 'input_accepted', { accepted: true });
    const seen: Frame[] = [];
    for await (const event of watching) if (seen.push(event) && event.type === 'control_request_resolved') break;
    expect(seen.at(-1)).toMatchObject({ request_id: 'approval-1', outcome: 'allow' });
    expect(typesOf(seen).filter((type) => type === 'control_request')).toHaveLength(1);
    expect(asker.jumps).toEqual([]);
  });

  it('C10 what a terminal prints may come after its exit', async () => {
    await listener.connect();
    const attachment = await ours();
    const frames = attachment.frames();
    attachment.tell('terminal_spawn', { terminal_id: 't1', cols: 80, rows: 24 });
    const { terminal_id } = await listener.command('terminal_spawn');
    expect(terminal_id).not.toBe('t1');
    listener.send('control', { type: 'terminal_spawned', terminal_id, pid: 23_529 });
    listener.send('control', { type: 'terminal_exited', terminal_id, exitCode: 3 });
    listener.send('control', { type: 'terminal_output', terminal_id, data: 'last words' });
    const seen = [await frames.next(), await frames.next(), await frames.next()].map(({ value }) => value);
    expect(seen).toEqual([
      { type: 'terminal_spawned', terminal_id: 't1', pid: 23_529 },
      { type: 'terminal_exited', terminal_id: 't1', exitCode: 3 },
      { type: 'terminal_output', terminal_id: 't1', data: 'last words' },
    ]);
  });

  it('C11 silence on watch_file and unwatch_file is answered in its place; changes reach who watches', async () => {
    await listener.connect();
    const [attachment, bystander] = [await ours(), await ours()];
    const [frames, others] = [attachment.frames(), bystander.frames()];
    expect(await attachment.command('watch_file', { path: '/workspace/a.txt' })).toMatchObject({ success: true });
    await listener.command('watch_file');
    const changed = { type: 'file_changed', path: '/workspace/a.txt', lastModified: 1_795_349_892_674 };
    listener.send('control', changed);
    expect(await frames.next()).toEqual({ done: false, value: changed });
    expect(await attachment.command('unwatch_file', { path: '/workspace/a.txt' })).toMatchObject({ success: true });
    bystander.close();
    expect(await others.next()).toEqual({ done: true, value: undefined });
  });

  it('C01 what it emitted while both sockets were down is told as a gap: a stock client syncs, once', async () => {
    await listener.connect();
    const [client, attachment] = [await stock(), await ours()];
    const watching = attachment.events();
    const turn = client.turn('hello');
    await listener.accept('hello');
    listener.emit('stream', loopStatus('PROCESSING_API_RESPONSE', [RUN]), textDelta('tok0 '));
    await client.until(() => client.events.find(({ type }) => type === 'stream_delta'));
    listener.cut();
    listener.number(textDelta('lost'));
    await listener.connect();
    listener.emit('stream', deviceStatus(true), loopStatus('PROCESSING_API_RESPONSE', [RUN]));
    listener.answerSync(await listener.command('sync'), [
      deviceStatus(true),
      loopStatus('PROCESSING_API_RESPONSE', [RUN]),
      ...IDLE_STATE.slice(2),
    ]);
    listener.emit('stream', textDelta('tok2 '), STOPPED, loopStatus('WAITING_ON_INPUT'));
    listener.emit('control', TURN_FINISHED);
    expect((await turn).at(-1)).toMatchObject({ type: 'turn_finished' });
    expect(client.jumps).toHaveLength(1);
    expect(client.overtaken).toEqual([]);
    const seen: Frame[] = [];
    for await (const event of watching) if (seen.push(event) && event.type === 'turn_finished') break;
    expect(seen.filter(isGap)).toMatchObject([{ from: 3, to: 3 }]);
  });
});
