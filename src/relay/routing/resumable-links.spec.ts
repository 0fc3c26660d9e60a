import { Logger } from '@nestjs/common';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { bare, FakeDeviceLink, RoutingBench, type BenchClient } from '../../../test/kit/routing-bench.js';
import { SILENT } from '../../../test/kit/silent-logger.js';
import { MemoryJournal } from '../../journal/index.js';
import { decodeFrame, type Frame } from '../../protocol/index.js';

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

/** An event with its name. */
function named(epoch: string, seq: number, event: Frame): Frame {
  const idempotency_key = `${event.type}:${seq}:${epoch}:000000`;
  return { ...event, runtime: RUNTIME, event_epoch: epoch, event_seq: seq, idempotency_key };
}

function journals(...heads: readonly (readonly [epoch: string, first: number, head: number])[]): Frame {
  const all = heads.map(([event_epoch, first, head]) => ({ runtime: RUNTIME, event_epoch, first, head }));
  return { type: 'journals', heads: all, last: true };
}

const approval = (id: string): Frame => ({ type: 'control_request', request_id: id, request: { tool_name: 'shell' } });
const types = (link: FakeDeviceLink): string[] => link.sent.map(({ type }) => type);

describe('commands of a resumable link that breaks', () => {
  it('are sent again to the same process, in order and under their ids, before what waited', async () => {
    const first = bench.connect(FakeDeviceLink.resumable());
    const client = await bench.attach();
    for (const type of ['read_file', 'execute_command', 'write_file']) await ask(client, { type, request_id: type });
    bench.answer(first, 'execute_command', { type: 'execute_command_response', success: true });
    bench.disconnect(first);
    await ask(client, { type: 'get_tree', request_id: 'get_tree' });
    const second = bench.connect(FakeDeviceLink.resumable());
    expect(types(second)).toEqual(['read_file', 'write_file', 'get_tree']);
    expect(second.command('read_file')).toEqual(first.command('read_file'));
    bench.answer(second, 'write_file', { type: 'write_file_response', success: true });
    await bench.settled();
    expect(bare(client.frames.slice(1))).toMatchObject([
      { type: 'execute_command_response', success: true },
      { type: 'write_file_response', request_id: 'write_file', success: true },
    ]);
  });

  it('that nobody answers are sent again until the listener is responsible for them', async () => {
    const first = bench.connect(FakeDeviceLink.resumable());
    const client = await bench.attach();
    await ask(client, { type: 'terminal_spawn', terminal_id: 't', cols: 80, rows: 24 });
    await ask(client, { type: 'terminal_input', terminal_id: 't', data: 'a' });
    await ask(client, { type: 'terminal_input', terminal_id: 't', data: 'b' });
    await ask(client, { type: 'external_tool_call_response', request_id: 'tool-1', result: {} });
    first.unsafe[0]?.();
    first.unsafe[1]?.();
    bench.disconnect(first);
    const second = bench.connect(FakeDeviceLink.resumable());
    expect(second.sent).toEqual(first.sent.slice(2));
    for (const safe of second.unsafe) safe();
    bench.disconnect(second);
    expect(bench.connect(FakeDeviceLink.resumable()).sent).toEqual([]);
    expect(client.of('terminal_exited')).toEqual([]);
  });

  it.each([
    ['another process takes over', () => void bench.connect(FakeDeviceLink.resumable('process-2'))],
    ['the device is marked offline', () => bench.offline()],
  ])('have an unknown outcome when %s', async (_when, then) => {
    const link = bench.connect(FakeDeviceLink.resumable());
    const client = await bench.attach();
    await ask(client, { type: 'read_file', request_id: 'q' });
    bench.disconnect(link);
    await bench.settled();
    expect(client.of('read_file_response')).toEqual([]);
    then();
    await bench.settled();
    expect(client.of('read_file_response')).toMatchObject([{ request_id: 'q', error_code: 'OUTCOME_UNKNOWN' }]);
    const back = bench.connect(FakeDeviceLink.resumable('process-2'));
    expect(back.sent).toEqual([]);
  });

  it('have an unknown outcome where the device does not say which process it is', async () => {
    const anonymous = (): FakeDeviceLink => Object.assign(FakeDeviceLink.resumable(), { processInstanceId: undefined });
    const link = bench.connect(anonymous());
    const client = await bench.attach();
    await ask(client, { type: 'read_file', request_id: 'q' });
    bench.disconnect(link);
    expect(bench.connect(anonymous()).sent).toEqual([]);
    await bench.settled();
    expect(client.of('read_file_response')).toMatchObject([{ error_code: 'OUTCOME_UNKNOWN' }]);
  });
});

it('C26 commands are answered when the relay stops, but for those that their client sends again', async () => {
  const link = bench.connect(FakeDeviceLink.resumable());
  const client = await bench.attach();
  const message = { role: 'user', content: 'x' };
  const input = (request_id: string, fields: object) => ({
    type: 'input',
    request_id,
    runtime: RUNTIME,
    payload: { kind: 'create_message', messages: [{ ...message, ...fields }] },
  });
  await ask(client, input('named', { client_message_id: 'm' }));
  await ask(client, input('unnamed', {}));
  const rest = bench.request({ type: 'read_file', path: 'a' });
  bench.routing.drain();
  bench.answer(link, 'read_file', { type: 'read_file_response', success: true });
  expect(await rest).toMatchObject({ success: true });
  bench.disconnect(link);
  await bench.settled();
  expect(client.of('input_accepted')).toMatchObject([{ request_id: 'unnamed', error_code: 'OUTCOME_UNKNOWN' }]);

  const away = new RoutingBench();
  const waiting = away.request({ type: 'read_file', path: 'a' });
  away.routing.drain();
  expect(await waiting).toMatchObject({ error_code: 'DEVICE_OFFLINE' });
});

describe('approvals of a resumable device', () => {
  it('C20 survive a broken link: shown again, and answered once', async () => {
    const first = bench.connect(FakeDeviceLink.resumable());
    await bench.deliver(first, journals());
    await bench.deliver(first, named('a', 1, approval('r')));
    bench.disconnect(first);
    const client = await bench.attach({ runtime: RUNTIME });
    expect(client.of('control_request')).toMatchObject([{ request_id: 'r', replayed: true }]);
    const second = bench.connect(FakeDeviceLink.resumable());
    await bench.deliver(second, journals(['a', 1, 1]));
    const payload = { kind: 'approval_response', request_id: 'r', decision: { behavior: 'allow' } };
    for (const request_id of ['1', '2']) await ask(client, { type: 'input', request_id, runtime: RUNTIME, payload });
    bench.answer(second, 'input', { type: 'input_accepted', accepted: true });
    await bench.settled();
    expect(types(second)).toEqual(['input']);
    expect(bare(client.of('input_accepted'))).toMatchObject([
      { request_id: '2', accepted: false, error_code: 'ALREADY_ANSWERED' },
      { request_id: '1', accepted: true },
    ]);
  });

  it('C23 end with the events of the next process, and the relay adds nothing', async () => {
    const first = bench.connect(FakeDeviceLink.resumable());
    await bench.deliver(first, journals());
    const client = await bench.attach({ runtime: RUNTIME });
    await bench.deliver(first, named('a', 1, approval('r')));
    const second = bench.connect(FakeDeviceLink.resumable('process-2'));
    await bench.deliver(second, journals(['a', 1, 1], ['b', 2, 2]));
    const resolved = { type: 'control_request_resolved', request_id: 'r', outcome: 'turn_ended' };
    await bench.deliver(second, named('b', 2, resolved));
    await bench.settled();
    expect(client.of('control_request_resolved')).toMatchObject([{ outcome: 'turn_ended', event_seq: 2 }]);
  });

  it('C23 are ended by the relay where the next process has said nothing of them', async () => {
    const first = bench.connect(FakeDeviceLink.resumable());
    await bench.deliver(first, journals());
    const client = await bench.attach({ runtime: RUNTIME });
    await bench.deliver(first, named('a', 1, approval('r')));
    const second = bench.connect(FakeDeviceLink.resumable('process-2'));
    await bench.settled();
    expect(client.of('control_request_resolved')).toEqual([]);
    await bench.deliver(second, journals(['a', 1, 1]));
    await bench.settled();
    expect(client.of('control_request_resolved')).toMatchObject([{ request_id: 'r', outcome: 'expired' }]);
  });

  it.each([
    ['resumable', FakeDeviceLink.resumable(), FakeDeviceLink.resumable('process-2')],
    ['plain', new FakeDeviceLink(true), new FakeDeviceLink(true, 'process-2')],
  ])('C24 that the relay has ended stay so when it is started again: %s', async (_kind, link, next) => {
    const journal = new MemoryJournal();
    const before = new RoutingBench({}, journal);
    before.connect(link);
    await before.deliver(link, named('a', 1, approval('r')));
    await before.deliver(link, named('a', 2, { type: 'update_loop_status', loop_status: { status: 'X' } }));
    before.connect(next);
    if (next.resumable) await before.deliver(next, journals(['a', 1, 2], ['b', 3, 2]));
    const after = new RoutingBench({}, journal);
    const client = await after.attach({ runtime: RUNTIME });
    expect(client.of('control_request')).toEqual([]);
    expect(client.of('update_loop_status')).toHaveLength(next.resumable ? 1 : 0);
    after.connect(next);
    if (next.resumable) await after.deliver(next, journals(['a', 1, 2], ['b', 3, 2]));
    await after.settled();
    expect(client.of('control_request_resolved')).toEqual([]);
  });
});

describe('terminals of a resumable device', () => {
  it('C10 survive a broken link of the same process, and end with another', async () => {
    const client = await bench.attach();
    const first = bench.connect(FakeDeviceLink.resumable());
    await ask(client, { type: 'terminal_spawn', terminal_id: 't', cols: 80, rows: 24 });
    for (const safe of first.unsafe) safe();
    bench.disconnect(first);
    bench.connect(FakeDeviceLink.resumable());
    await bench.settled();
    expect(client.of('terminal_exited')).toEqual([]);
    bench.connect(FakeDeviceLink.resumable('process-2'));
    await bench.settled();
    expect(client.of('terminal_exited')).toMatchObject([{ terminal_id: 't' }]);
  });
});

describe('a relay that is started again with its histories', () => {
  it('C24 shows state and pending approvals without the device, and resumes clients', async () => {
    const journal = new MemoryJournal();
    const before = new RoutingBench({}, journal);
    const link = before.connect(FakeDeviceLink.resumable());
    const status = { current_permission_mode: 'strict' };
    const events: Frame[] = [
      { type: 'update_device_status', device_status: status },
      { type: 'update_loop_status', loop_status: { status: 'WAITING_ON_APPROVAL' } },
      approval('over'),
      { type: 'control_request_resolved', request_id: 'over', outcome: 'allow' },
      approval('open'),
    ];
    for (const [index, event] of events.entries()) await before.deliver(link, named('a', index + 1, event));

    const after = new RoutingBench({}, journal);
    const fresh = await after.attach({ runtime: RUNTIME });
    expect(fresh.of('control_request')).toMatchObject([{ request_id: 'open', replayed: true }]);
    expect(fresh.of('update_device_status')).toMatchObject([{ device_status: status, replayed: true }]);
    expect(after.routing.factsOf('env-1').mode).toBe('strict');
    const resumed = await after.attach({ runtime: RUNTIME, resume: { epoch: 'a', seq: 3 } });
    expect(resumed.frames[0]).toMatchObject({ recovered: true, epoch: 'a', head: 5 });
    expect(resumed.names()).toEqual(['a:4', 'a:5']);

    const again = after.connect(FakeDeviceLink.resumable());
    await after.deliver(again, journals(['a', 1, 5]));
    await after.deliver(again, named('a', 6, { type: 'stream_delta' }));
    await after.settled();
    expect(again.rewinds).toEqual([]);
    expect([fresh.names(), resumed.names()]).toEqual([['a:6'], ['a:4', 'a:5', 'a:6']]);
    expect(fresh.of('control_request_resolved')).toEqual([]);
  });
});

describe('an event of a resumable link', () => {
  const event = named('e1', 1, { type: 'stream_delta', delta: {} });
  const fields = JSON.stringify(event).slice(1, -1);

  it.each([
    ['as its device has written it', `{"seq":2,"snow": "\\u2603",${fields}}`, `{"seq":1,"snow": "\\u2603",${fields}}`],
    ['anew where its number does not lead', `{"snow": "\\u2603",${fields},"seq":2}`, `{"seq":1,"snow":"☃",${fields}}`],
  ])('reaches a client %s', async (_how, text, received) => {
    const link = bench.connect(FakeDeviceLink.resumable());
    bench.emit(link, { seq: 1, ...journals() });
    const client = await bench.attach({ client: undefined, runtime: RUNTIME });
    await bench.routing.deviceFrame('env-1', link, 'stream', decodeFrame(text), text);
    await bench.settled();
    expect(client.texts.at(-1)).toBe(received);
  });
});
