import { Logger } from '@nestjs/common';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { bare, ENVIRONMENT, FakeDeviceLink, RoutingBench, type BenchClient } from '../../../test/kit/routing-bench.js';
import { ManualClock } from '../../../test/kit/manual-clock.js';
import { SILENT } from '../../../test/kit/silent-logger.js';
import { MemoryJournal } from '../../journal/index.js';
import { type Frame, SNAPSHOT_TYPES } from '../../protocol/index.js';
import { NO_ROUTING_OBSERVER } from './routing-observer.js';
import { RoutingOptions } from './routing.options.js';
import { RoutingService } from './routing.service.js';

const RUNTIME = { agent_id: 'agent-1', conversation_id: 'conv-1' };

beforeAll(() => Logger.overrideLogger(SILENT));

let bench: RoutingBench;
beforeEach(() => {
  bench = new RoutingBench();
});

async function ask(client: BenchClient, frame: object): Promise<void> {
  client.send(frame);
  await bench.settled();
}

describe('commands', () => {
  it('C27 C28 answers each of two clients that use one request_id, and nobody else', async () => {
    const link = bench.connect(new FakeDeviceLink(true));
    const [a, b, c] = [await bench.attach(), await bench.attach(), await bench.attach()];
    for (const [client, path] of [
      [a, 'a.txt'],
      [b, 'b.txt'],
    ] as const)
      await ask(client, { type: 'read_file', request_id: 'same', path });
    for (const command of link.sent.toReversed())
      bench.emit(
        link,
        { type: 'read_file_response', request_id: command['request_id'], path: command['path'], seq: 99 },
        'control',
      );
    await bench.settled();
    expect(bare(a.of('read_file_response'))).toEqual([
      { type: 'read_file_response', path: 'a.txt', request_id: 'same' },
    ]);
    expect(bare(b.of('read_file_response'))).toEqual([
      { type: 'read_file_response', path: 'b.txt', request_id: 'same' },
    ]);
    expect(c.of('read_file_response')).toEqual([]);
    expect(new Set(link.sent.map((command) => command['request_id'])).size).toBe(2);
  });

  it('C27 never passes on an answer that nobody here asked for', async () => {
    const link = bench.connect(new FakeDeviceLink(false));
    const client = await bench.attach();
    bench.emit(link, { type: 'read_file_response', request_id: 'same', content: 'secret' }, 'control');
    bench.emit(link, { type: 'input_accepted', accepted: true }, 'control');
    await bench.settled();
    expect(client.frames.map(({ type }) => type)).toEqual(['resume_status']);
    expect(bench.drops).toEqual(['unknown-answer', 'unknown-answer']);
  });

  it('lets answers of the client to the device pass with the id the device gave', async () => {
    const link = bench.connect(new FakeDeviceLink(false));
    await ask(await bench.attach(), { type: 'external_tool_call_response', request_id: 'tool-1', result: {} });
    expect(link.sent).toEqual([{ type: 'external_tool_call_response', request_id: 'tool-1', result: {} }]);
  });

  it('keeps commands until the device is ready, and says so when it is offline', async () => {
    const client = await bench.attach();
    await ask(client, { type: 'read_file', request_id: 'q1', path: 'a' });
    const link = bench.connect(new FakeDeviceLink(true));
    expect(link.command('read_file')).toMatchObject({ path: 'a' });
    bench.answer(link, 'read_file', { type: 'read_file_response', success: true });
    bench.disconnect(link);
    await ask(client, { type: 'read_file', request_id: 'q2', path: 'b' });
    bench.offline();
    await ask(client, {
      type: 'input',
      request_id: 'q3',
      runtime: RUNTIME,
      payload: { kind: 'create_message', messages: [] },
    });
    expect(bare(client.frames.slice(1))).toMatchObject([
      { type: 'read_file_response', request_id: 'q1', success: true },
      { type: 'read_file_response', request_id: 'q2', success: false, error_code: 'DEVICE_OFFLINE' },
      { type: 'input_accepted', request_id: 'q3', accepted: false, error_code: 'DEVICE_OFFLINE' },
    ]);
  });

  it('says that the outcome is unknown when the link breaks, and drops what comes late', async () => {
    const link = bench.connect(new FakeDeviceLink(true));
    const client = await bench.attach();
    await ask(client, { type: 'execute_command', request_id: 'q1', runtime: RUNTIME, command_id: 'x' });
    const { request_id: relayId } = link.command('execute_command');
    bench.disconnect(link);
    const next = bench.connect(new FakeDeviceLink(true));
    bench.emit(next, { type: 'execute_command_response', request_id: relayId, success: true }, 'control');
    await bench.settled();
    expect(bare(client.of('execute_command_response'))).toMatchObject([
      { request_id: 'q1', error_code: 'OUTCOME_UNKNOWN' },
    ]);
  });

  it('takes frames from the ready link alone', async () => {
    const link = bench.connect(new FakeDeviceLink(true));
    bench.connect(new FakeDeviceLink(true));
    const client = await bench.attach();
    bench.emit(link, { type: 'notice' }, 'control');
    await bench.settled();
    expect(client.of('notice')).toEqual([]);
    expect(bench.drops).toEqual(['ended-link']);
  });

  it('answers on the socket that asked, and on another one of that client when it is gone', async () => {
    const link = bench.connect(new FakeDeviceLink(true));
    const control = await bench.attach({ client: 'c', channel: 'control' });
    const stream = await bench.attach({ client: 'c', channel: 'stream' });
    await ask(stream, { type: 'read_file', request_id: 'q1' });
    bench.answer(link, 'read_file', { type: 'read_file_response' });
    await ask(stream, { type: 'read_file', request_id: 'q2' });
    stream.socket.close(1000);
    await bench.settled();
    bench.answer(link, 'read_file', { type: 'read_file_response' });
    await bench.settled();
    expect(stream.of('read_file_response')).toMatchObject([{ request_id: 'q1' }]);
    expect(control.of('read_file_response')).toMatchObject([{ request_id: 'q2' }]);
  });

  it('keeps answers for a client that named itself, until it is back', async () => {
    const link = bench.connect(new FakeDeviceLink(true));
    for (const client of ['named', undefined]) {
      const first = await bench.attach({ client });
      await ask(first, { type: 'read_file', request_id: 'q' });
      first.socket.terminate();
      await bench.settled();
      bench.answer(link, 'read_file', { type: 'read_file_response' });
      const second = await bench.attach({ client });
      expect(second.of('read_file_response')).toHaveLength(client ? 1 : 0);
    }
  });

  it('sends an answer again that a broken socket took and the client never acknowledged', async () => {
    const link = bench.connect(new FakeDeviceLink(true));
    const first = await bench.attach({ client: 'c' });
    first.acknowledges = false;
    await ask(first, { type: 'read_file', request_id: 'q' });
    bench.answer(link, 'read_file', { type: 'read_file_response' });
    await bench.settled();
    first.socket.terminate();
    await bench.settled();
    expect((await bench.attach({ client: 'c' })).of('read_file_response')).toHaveLength(1);
  });

  it('leaves no timer behind that would keep the process', async () => {
    const link = bench.connect(new FakeDeviceLink(true));
    const client = await bench.attach();
    await ask(client, { type: 'watch_file', request_id: 'w', path: 'a.txt' });
    client.socket.terminate();
    await bench.settled();
    bench.routing.onApplicationShutdown();
    await bench.clock.advance(new RoutingOptions().clientAwayMs);
    expect(link.sent.map(({ type }) => type)).toEqual(['watch_file']);
  });

  it('answers input and sync for a device that shows what it does, and says nothing more', async () => {
    const link = bench.connect(new FakeDeviceLink(false, undefined, 'split', false));
    const client = await bench.attach({ runtime: RUNTIME, client: undefined });
    const show = async (event_seq: number, event: Frame): Promise<void> => {
      bench.emit(link, { ...event, runtime: RUNTIME, event_seq });
      await bench.settled();
    };
    await ask(client, { type: 'input', request_id: 'i', runtime: RUNTIME, payload: { kind: 'create_message' } });
    expect(client.of('input_accepted')).toEqual([]);
    await show(1, { type: 'update_loop_status', loop_status: { status: 'SENDING_API_REQUEST' } });
    expect(client.of('input_accepted')).toMatchObject([{ request_id: 'i', accepted: true }]);
    await ask(client, { type: 'sync', request_id: 's', runtime: RUNTIME });
    for (const [index, type] of SNAPSHOT_TYPES.entries()) {
      expect(client.of('sync_response')).toEqual([]);
      await show(index + 2, { type });
    }
    expect(client.of('sync_response')).toMatchObject([{ request_id: 's', runtime: RUNTIME, success: true }]);
  });

  it('answers REST: one command, its one answer', async () => {
    const link = bench.connect(new FakeDeviceLink(true));
    const asked = bench.request({ type: 'input', runtime: RUNTIME, payload: { kind: 'create_message', messages: [] } });
    bench.answer(link, 'input', { type: 'input_accepted', accepted: true, disposition: 'started' });
    expect(await asked).toEqual({ type: 'input_accepted', accepted: true, disposition: 'started' });
    bench.offline();
    expect(await bench.request({ type: 'read_file', request_id: 'q' })).toMatchObject({
      request_id: 'q',
      error_code: 'DEVICE_OFFLINE',
    });
    expect(await bench.request({ type: 'terminal_input' })).toMatchObject({
      success: false,
      error_code: 'COMMAND_INVALID',
    });
  });
});

describe('client sockets', () => {
  it('numbers every frame but pong, and closes on an acknowledgement of what was never sent', async () => {
    const link = bench.connect(new FakeDeviceLink(true));
    const client = await bench.attach();
    await ask(client, { type: 'ping' });
    bench.emit(link, { type: 'notice', seq: 7 }, 'control');
    await bench.settled();
    expect(client.frames).toMatchObject([
      { type: 'resume_status', seq: 1 },
      { type: 'pong' },
      { type: 'notice', seq: 2 },
    ]);
    expect(client.of('pong')).toEqual([{ type: 'pong' }]);
    await ask(client, { type: 'ack', seq: 3 });
    expect(client.closed).toMatchObject({ code: 1008 });
  });

  it.each([
    ['not JSON', '{', 1007],
    ['no object', '[]', 1007],
    ['a repeated key', '{"type":"a","type":"b"}', 1007],
  ])('C29 closes on %s', async (_what, text, code) => {
    const client = await bench.attach();
    client.socket.send(text);
    await bench.settled();
    expect(client.closed?.code).toBe(code);
  });

  it('C29 answers a message without a type where it says whom, and carries on', async () => {
    const client = await bench.attach();
    await ask(client, { request_id: 'q' });
    await ask(client, { no: 'type' });
    await ask(client, { type: 'ping' });
    expect(client.frames.slice(1)).toMatchObject([{ request_id: 'q', error_code: 'FRAME_INVALID' }, { type: 'pong' }]);
    expect(client.closed).toBeUndefined();
  });

  it.each([
    ['named', 4008],
    [undefined, 1013],
  ])('C17 closes the socket of a client (%s) that leaves too many answers unread', async (client, code) => {
    bench = new RoutingBench({ directBytes: 10_000 });
    const link = bench.connect(new FakeDeviceLink(true));
    const slow = await bench.attach({ client });
    slow.relaySide.held = true;
    slow.relaySide.bufferedAmount = new RoutingOptions().socketBufferBytes;
    for (let i = 0; i < 20; i++) bench.emit(link, { type: 'notice', text: 'x'.repeat(1_000) }, 'control');
    await bench.settled();
    expect(slow.closed?.code).toBe(code);
  });

  it('survives what throws on the way', async () => {
    const link = bench.connect(new FakeDeviceLink(true));
    const client = await bench.attach();
    link.send = () => {
      throw new Error('broken');
    };
    await ask(client, { type: 'read_file', request_id: 'q' });
    expect(client.of('read_file_response')).toMatchObject([{ error_code: 'OUTCOME_UNKNOWN' }]);
  });
});

describe('terminals', () => {
  const spawn = { type: 'terminal_spawn', terminal_id: 't1', cols: 80, rows: 24 };

  it('belong to the client that spawned them; a stock client takes them with it', async () => {
    const link = bench.connect(new FakeDeviceLink(false));
    const [a, b] = [await bench.attach({ client: undefined }), await bench.attach()];
    await ask(a, spawn);
    const { terminal_id: id } = link.command('terminal_spawn');
    expect(id).not.toBe('t1');
    bench.emit(link, { type: 'terminal_output', terminal_id: id, data: 'hi' }, 'control');
    bench.emit(link, { type: 'terminal_output', terminal_id: 't1', data: 'forged' }, 'control');
    await bench.settled();
    expect(bare(a.of('terminal_output'))).toEqual([{ type: 'terminal_output', terminal_id: 't1', data: 'hi' }]);
    expect(b.of('terminal_output')).toEqual([]);
    a.socket.close(1000);
    await bench.settled();
    expect(link.command('terminal_kill')).toMatchObject({ terminal_id: id });
  });

  it('C10 wait for an owner with client=, who is shown what came meanwhile', async () => {
    bench = new RoutingBench({ clientAwayMs: 60_000 });
    const link = bench.connect(new FakeDeviceLink(true));
    const first = await bench.attach({ client: 'c' });
    await ask(first, spawn);
    const { terminal_id: id } = link.command('terminal_spawn');
    first.socket.terminate();
    await bench.settled();
    bench.emit(link, { type: 'terminal_output', terminal_id: id, data: 'meanwhile' }, 'control');
    const second = await bench.attach({ client: 'c' });
    expect(second.of('terminal_output')).toMatchObject([{ terminal_id: 't1', data: 'meanwhile' }]);
    second.socket.terminate();
    await bench.settled();
    await bench.clock.advance(60_000);
    expect(link.command('terminal_kill')).toMatchObject({ terminal_id: id });
  });

  it('end with the connection of a stock device, and with the process of another', async () => {
    const client = await bench.attach();
    const stock = bench.connect(new FakeDeviceLink(false));
    await ask(client, spawn);
    bench.disconnect(stock);
    await bench.settled();
    expect(client.of('terminal_exited')).toMatchObject([{ terminal_id: 't1' }]);
    const ours = bench.connect(new FakeDeviceLink(true, 'process-1'));
    await ask(client, { ...spawn, terminal_id: 't2' });
    bench.disconnect(ours);
    bench.connect(new FakeDeviceLink(true, 'process-1'));
    await bench.settled();
    expect(client.of('terminal_exited')).toHaveLength(1);
    bench.connect(new FakeDeviceLink(true, 'process-2'));
    await bench.settled();
    expect(client.of('terminal_exited')).toMatchObject([{ terminal_id: 't1' }, { terminal_id: 't2' }]);
  });

  it('are refused while the device is offline', async () => {
    bench.offline();
    const client = await bench.attach();
    await ask(client, spawn);
    expect(client.of('terminal_exited')).toMatchObject([{ terminal_id: 't1', exitCode: null }]);
  });
});

it('what the link of a listener was is told while it is away: by that goes what may be lost', () => {
  const link = bench.connect(new FakeDeviceLink(true));
  bench.routing.linkClosed(ENVIRONMENT, link);
  expect(bench.routing.factsOf(ENVIRONMENT).link).toEqual({ kind: 'split', resumable: false });
});

it('a request that fails is answered all the same', async () => {
  const routing = new RoutingService(new RoutingOptions(), new ManualClock(), NO_ROUTING_OBSERVER, () => {
    throw new Error('no history here');
  });
  expect(await routing.request('env-1', { type: 'sync' })).toMatchObject({ success: false, error_code: 'INTERNAL' });
});

it('opens no history to tell a permission mode: a list of environments would open them all', () => {
  const opened: string[] = [];
  const open = (environmentId: string): MemoryJournal => {
    opened.push(environmentId);
    return new MemoryJournal();
  };
  const routing = new RoutingService(new RoutingOptions(), new ManualClock(), NO_ROUTING_OBSERVER, open);
  expect(routing.factsOf('env-1').mode).toBeUndefined();
  expect(opened).toEqual([]);
});
