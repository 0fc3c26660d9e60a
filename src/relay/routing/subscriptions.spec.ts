import { describe, expect, it } from 'vitest';
import { SendWindowOptions } from '../../config/index.js';
import { bare, FakeDeviceLink, RoutingBench, type BenchClient } from '../../../test/kit/routing-bench.js';
import type { Frame } from '../../protocol/index.js';
import type { RoutingOptions } from './routing.options.js';

const RUNTIME = { agent_id: 'agent-1', conversation_id: 'conv-1' };

function event(seq: number, type = 'stream_delta', fields: object = {}): Frame {
  return { type, ...fields, runtime: RUNTIME, event_epoch: 'e1', event_seq: seq, idempotency_key: `${type}:${seq}:e1` };
}

function working(options: Partial<RoutingOptions> = {}) {
  const bench = new RoutingBench(options);
  const link = bench.connect(new FakeDeviceLink(true));
  const emit = async (...events: Frame[]): Promise<void> => {
    for (const frame of events) bench.emit(link, frame);
    await bench.settled();
  };
  const ask = async (client: BenchClient, frame: object): Promise<void> => {
    client.send(frame);
    await bench.settled();
  };
  return { bench, link, emit, ask };
}

const types = (client: BenchClient): string[] => client.frames.map(({ type }) => type);

describe('a stream socket that opens', () => {
  it('is told where it stands and shown the newest snapshot of each type, marked and without a name', async () => {
    const { bench, emit } = working();
    await emit(
      event(1, 'update_loop_status', { loop_status: { status: 'SENDING_API_REQUEST' } }),
      event(2, 'update_queue', { queue: [], removed: [{ client_message_id: 'm', disposition: 'dequeued' }] }),
      event(3, 'update_loop_status', { loop_status: { status: 'WAITING_ON_INPUT' } }),
    );
    const client = await bench.attach({ channel: 'stream', runtime: RUNTIME });
    expect(bare(client.frames)).toEqual([
      { type: 'resume_status', recovered: true, epoch: 'e1', from: 3, head: 3 },
      {
        type: 'update_loop_status',
        loop_status: { status: 'WAITING_ON_INPUT' },
        runtime: RUNTIME,
        idempotency_key: 'update_loop_status:3:e1',
        replayed: true,
      },
      {
        type: 'update_queue',
        queue: [],
        removed: [],
        runtime: RUNTIME,
        idempotency_key: 'update_queue:2:e1',
        replayed: true,
      },
    ]);
    await emit(event(4));
    expect(client.names()).toEqual(['e1:4']);
  });

  it('goes on after the last event it has, and is shown nothing it has', async () => {
    const { bench, emit } = working();
    await emit(event(1), event(2, 'update_loop_status', { loop_status: { status: 'WAITING_ON_INPUT' } }), event(3));
    const client = await bench.attach({ channel: 'stream', runtime: RUNTIME, resume: { epoch: 'e1', seq: 1 } });
    await emit(event(4));
    expect(client.frames[0]).toMatchObject({ type: 'resume_status', recovered: true, epoch: 'e1', from: 1, head: 3 });
    expect(client.names()).toEqual(['e1:2', 'e1:3', 'e1:4']);
    expect(client.frames.some((frame) => frame['replayed'] === true)).toBe(false);
  });

  it.each([
    { history: 2, names: ['e1:2', 'e1:3'] },
    { history: 9, names: ['e1:1', 'e1:2', 'e1:3'] },
    { history: Infinity, names: ['e1:1', 'e1:2', 'e1:3'] },
    { history: 0, names: [] },
  ])(
    'is shown the $history newest events it asks for, then the state, then what happens',
    async ({ history, names }) => {
      const { bench, emit } = working();
      await emit(event(1), event(2, 'update_loop_status', { loop_status: { status: 'WAITING_ON_INPUT' } }), event(3));
      const client = await bench.attach({ channel: 'stream', runtime: RUNTIME, history });
      await emit(event(4));
      expect(client.frames[0]).toMatchObject({ type: 'resume_status', recovered: true, epoch: 'e1', head: 3 });
      expect(client.names()).toEqual([...names, 'e1:4']);
      expect(client.frames.findIndex((frame) => frame['replayed'] === true)).toBe(names.length + 1);
    },
  );

  it('is shown what is kept of the past and told of what is not, where it asks for all', async () => {
    const { bench, emit } = working({ maxEventsPerRuntime: 2 });
    await emit(event(1), event(2), event(3), event(4));
    const client = await bench.attach({ channel: 'stream', runtime: RUNTIME, history: Infinity });
    expect(client.names()).toEqual(['gap 1-2', 'e1:3', 'e1:4']);
    const few = await bench.attach({ channel: 'stream', runtime: RUNTIME, history: 2 });
    expect(few.names()).toEqual(['e1:3', 'e1:4']);
  });

  it('C33 is told at once that it cannot resume, and goes on from the head', async () => {
    const { bench, emit } = working({ maxEventsPerRuntime: 2 });
    await emit(event(1), event(2), event(3), event(4));
    const old = await bench.attach({ channel: 'stream', runtime: RUNTIME, resume: { epoch: 'e1', seq: 1 } });
    const foreign = await bench.attach({
      client: undefined,
      channel: 'stream',
      runtime: RUNTIME,
      resume: { epoch: 'x', seq: 1 },
    });
    await emit(event(5));
    for (const client of [old, foreign]) {
      expect(client.frames[0]).toMatchObject({ type: 'resume_status', recovered: false, epoch: 'e1', head: 4 });
      expect(client.names()).toEqual(['e1:5']);
    }
  });

  it('waits for the device when it has more than the relay', async () => {
    const { bench, emit } = working();
    await emit(event(1));
    const client = await bench.attach({ channel: 'stream', runtime: RUNTIME, resume: { epoch: 'e1', seq: 3 } });
    await emit(event(2), event(3), event(4));
    expect(client.frames[0]).toMatchObject({ recovered: true, from: 3, head: 1 });
    expect(client.names()).toEqual(['e1:4']);
  });

  it('is told nothing of resuming when it is a stock one that did not ask', async () => {
    const { bench, emit } = working();
    const client = await bench.attach({ client: undefined, channel: 'stream', runtime: RUNTIME });
    await emit(event(1));
    expect(types(client)).toEqual(['stream_delta']);
  });
});

describe('what a socket carries', () => {
  it('is events on stream, the rest on control, and everything without a channel', async () => {
    const { bench, link, emit, ask } = working();
    const control = await bench.attach({ client: 'c', channel: 'control', runtime: RUNTIME });
    const stream = await bench.attach({ client: 'c', channel: 'stream', runtime: RUNTIME });
    const only = await bench.attach({ runtime: RUNTIME });
    const unscoped = await bench.attach();
    await ask(control, { type: 'input', request_id: 'q', runtime: RUNTIME, payload: {} });
    bench.answer(link, 'input', { type: 'input_accepted', accepted: true });
    await emit(event(1), event(2, 'turn_finished'), { type: 'mods_updated' });
    expect(types(control)).toEqual(['input_accepted', 'mods_updated']);
    expect(types(stream)).toEqual(['resume_status', 'stream_delta', 'turn_finished']);
    expect(types(only).toSorted()).toEqual(['mods_updated', 'resume_status', 'stream_delta', 'turn_finished']);
    expect(types(unscoped)).toEqual(['resume_status', 'mods_updated']);
  });

  it('is both on both when mirrored: what can be told apart', async () => {
    const { bench, link, emit, ask } = working({ clientChannels: 'mirror' });
    const control = await bench.attach({ client: undefined, channel: 'control', runtime: RUNTIME });
    const stream = await bench.attach({ client: undefined, channel: 'stream', runtime: RUNTIME });
    await ask(control, { type: 'input', request_id: 'q', runtime: RUNTIME, payload: {} });
    bench.answer(link, 'input', { type: 'input_accepted', accepted: true });
    const { idempotency_key: _key, ...unkeyed } = event(2);
    await emit(event(1), unkeyed, { type: 'mods_updated' });
    expect(types(control).toSorted()).toEqual(['input_accepted', 'mods_updated', 'stream_delta']);
    expect(types(stream)).toEqual(['input_accepted', 'stream_delta', 'stream_delta']);
  });
});

describe('a runtime that runtime_start returned', () => {
  it.each([['stream' as const], [undefined]])(
    'is followed on the %s socket, from before the command on',
    async (channel) => {
      const { bench, link, emit, ask } = working();
      await emit(event(1));
      const control = channel && (await bench.attach({ client: 'c', channel: 'control' }));
      const stream = await bench.attach({ client: 'c', channel });
      await ask(control ?? stream, { type: 'runtime_start', request_id: 'r', agent_id: 'agent-1' });
      await emit(event(2));
      bench.answer(link, 'runtime_start', { type: 'runtime_start_response', success: true, runtime: RUNTIME });
      await emit(event(3), { type: 'never_heard_of', runtime: RUNTIME });
      expect(stream.names()).toEqual(['e1:2', 'e1:3']);
      expect((control ?? stream).of('never_heard_of')).toHaveLength(1);
    },
  );

  it('waits for a stream socket that comes later', async () => {
    const { bench, link, emit, ask } = working();
    const control = await bench.attach({ client: 'c', channel: 'control' });
    await ask(control, { type: 'runtime_start', request_id: 'r', agent_id: 'agent-1' });
    bench.answer(link, 'runtime_start', { type: 'runtime_start_response', success: true, runtime: RUNTIME });
    await emit(event(1));
    const stream = await bench.attach({ client: 'c', channel: 'stream' });
    await emit(event(2));
    expect(stream.names()).toEqual(['e1:1', 'e1:2']);
  });

  it('is nobody’s when the device refused', async () => {
    const { bench, link, emit, ask } = working();
    const client = await bench.attach();
    await ask(client, { type: 'runtime_start', request_id: 'r', agent_id: 'agent-1' });
    bench.answer(link, 'runtime_start', { type: 'runtime_start_response', success: false, runtime: RUNTIME });
    await emit(event(1));
    expect(client.names()).toEqual([]);
  });
});

describe('sync', () => {
  const sync = { type: 'sync', request_id: 's', runtime: RUNTIME, recover_approvals: true };

  it('C20 is answered from the history, to its asker alone', async () => {
    const { bench, link, emit, ask } = working();
    await emit(
      event(1, 'update_loop_status', { loop_status: { status: 'WAITING_ON_APPROVAL' } }),
      event(2, 'control_request', { request_id: 'p1', request: {} }),
    );
    const control = await bench.attach({ client: 'c', channel: 'control', runtime: RUNTIME });
    const stream = await bench.attach({
      client: 'c',
      channel: 'stream',
      runtime: RUNTIME,
      resume: { epoch: 'e1', seq: 2 },
    });
    const other = await bench.attach({ runtime: RUNTIME, resume: { epoch: 'e1', seq: 2 } });
    await ask(control, sync);
    expect(bare(stream.frames.slice(1))).toMatchObject([
      { type: 'control_request', request_id: 'p1', replayed: true },
      { type: 'update_loop_status', replayed: true },
    ]);
    expect(bare(control.frames)).toEqual([{ type: 'sync_response', request_id: 's', runtime: RUNTIME, success: true }]);
    expect(types(other)).toEqual(['resume_status']);
    expect(link.sent).toEqual([]);
  });

  it('shows a stock client pending approvals only when it asks for them', async () => {
    const { bench, emit, ask } = working();
    await emit(event(1, 'update_queue', { queue: [], removed: [] }), event(2, 'control_request', { request_id: 'p1' }));
    const client = await bench.attach({ client: undefined, runtime: RUNTIME });
    await ask(client, { ...sync, recover_approvals: false });
    expect(client.of('control_request')).toEqual([]);
    await ask(client, sync);
    expect(client.of('control_request')).toHaveLength(1);
  });

  it('goes to the device when the history knows nothing of the runtime, and when its process is another', async () => {
    const { bench, link, emit, ask } = working();
    const client = await bench.attach({ runtime: RUNTIME });
    await ask(client, sync);
    expect(link.command('sync')).toMatchObject({ runtime: RUNTIME });
    await emit(event(1, 'update_queue', { queue: [], removed: [] }));
    const next = bench.connect(new FakeDeviceLink(true, 'process-2'));
    await ask(client, sync);
    expect(next.command('sync')).toMatchObject({ runtime: RUNTIME });
  });
});

describe('a slow client', () => {
  it('C17 falls behind what is kept, is told so, and holds nobody up', async () => {
    const { bench, emit } = working({ maxEventsPerRuntime: 3, socketBufferBytes: 100 });
    const slow = await bench.attach({ channel: 'stream', runtime: RUNTIME });
    const quick = await bench.attach({ channel: 'stream', runtime: RUNTIME });
    slow.relaySide.held = true;
    for (let seq = 1; seq <= 10; seq++) await emit(event(seq));
    expect(quick.names()).toHaveLength(10);
    slow.relaySide.release();
    await bench.settled();
    expect(slow.names()).toEqual(['e1:1', 'gap 2-7', 'e1:8', 'e1:9', 'e1:10']);
  });

  it('C17 is held to its window once it acknowledges, and goes on when it does so again', async () => {
    const { bench, emit } = working({ window: Object.assign(new SendWindowOptions(), { maxBytes: 100 }) });
    const client = await bench.attach({ channel: 'stream', runtime: RUNTIME });
    client.acknowledges = false;
    for (let seq = 1; seq <= 5; seq++) await emit(event(seq));
    expect(client.names()).toEqual(['e1:1']);
    client.acknowledges = true;
    client.send({ type: 'ack', seq: 2 });
    await bench.settled();
    expect(client.names()).toHaveLength(5);
  });

  it('C19 is shown state only after the events that came before it', async () => {
    const { bench, emit, ask } = working({ socketBufferBytes: 100 });
    const slow = await bench.attach({ channel: 'stream', client: 'c', runtime: RUNTIME });
    const control = await bench.attach({ channel: 'control', client: 'c', runtime: RUNTIME });
    slow.relaySide.held = true;
    await emit(event(1), event(2), event(3, 'update_queue', { queue: [], removed: [] }));
    await ask(control, { type: 'sync', request_id: 's', runtime: RUNTIME });
    expect(control.of('sync_response')).toEqual([]);
    slow.relaySide.release();
    await bench.settled();
    expect(types(slow)).toEqual(['resume_status', 'stream_delta', 'stream_delta', 'update_queue', 'update_queue']);
    expect(control.of('sync_response')).toHaveLength(1);
  });
});
