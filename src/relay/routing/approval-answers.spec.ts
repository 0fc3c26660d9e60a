import { describe, expect, it } from 'vitest';
import { FakeDeviceLink, RoutingBench, type BenchClient } from '../../../test/kit/routing-bench.js';
import type { Frame } from '../../protocol/index.js';

const RUNTIME = { agent_id: 'agent-1', conversation_id: 'conv-1' };

function event(number: number, type: string, fields: object): Frame {
  return {
    type,
    ...fields,
    runtime: RUNTIME,
    event_epoch: 'e1',
    event_seq: number,
    idempotency_key: `${type}:${number}`,
  };
}

const request = event(1, 'control_request', {
  request_id: 'p1',
  request: { subtype: 'can_use_tool', input: { command: 'rm' } },
});
const allow = (id: string) => ({
  type: 'input',
  request_id: id,
  runtime: RUNTIME,
  payload: { kind: 'approval_response', request_id: 'p1', decision: { behavior: 'allow' } },
});

async function asked(namesEvents: boolean) {
  const bench = new RoutingBench();
  const link = bench.connect(new FakeDeviceLink(namesEvents));
  const [a, b] = [await bench.attach({ runtime: RUNTIME }), await bench.attach({ runtime: RUNTIME })];
  const stockRequest: Record<string, unknown> = { ...request };
  if (!namesEvents) delete stockRequest['event_epoch'];
  bench.emit(link, stockRequest as Frame, 'stream');
  const send = async (client: BenchClient, frame: object): Promise<void> => {
    client.send(frame);
    await bench.settled();
  };
  const accept = async (accepted: boolean): Promise<void> => {
    bench.answer(link, 'input', { type: 'input_accepted', accepted });
    await bench.settled();
  };
  await bench.settled();
  return { bench, link, a, b, send, accept };
}

describe.each([
  ['a device that names its events', true],
  ['a stock device', false],
])('an approval of %s', (_device, namesEvents) => {
  it('C20 takes one of two answers; the other is told', async () => {
    const { link, a, b, send, accept } = await asked(namesEvents);
    await send(a, allow('qa'));
    await send(b, allow('qb'));
    expect(link.sent.filter(({ type }) => type === 'input')).toHaveLength(1);
    await accept(true);
    expect(a.of('input_accepted')).toMatchObject([{ request_id: 'qa', accepted: true }]);
    expect(b.of('input_accepted')).toMatchObject([
      { request_id: 'qb', accepted: false, error_code: 'ALREADY_ANSWERED' },
    ]);
    await send(a, allow('qc'));
    expect(a.of('input_accepted')[1]).toMatchObject({ error_code: 'ALREADY_ANSWERED' });
  });

  it('C20 takes the same answer of the same client again, and has it heard once', async () => {
    const { bench, link, a, b, send, accept } = await asked(namesEvents);
    await send(a, allow('qa'));
    await send(a, allow('qa'));
    await accept(true);
    expect(a.of('input_accepted')).toMatchObject([{ request_id: 'qa', accepted: true }]);
    await send(a, allow('qa'));
    bench.emit(link, event(2, 'control_request_resolved', { request_id: 'p1', outcome: 'allow' }));
    await bench.settled();
    await send(a, allow('qa'));
    expect(a.of('input_accepted')).toMatchObject(
      Array.from({ length: 3 }, () => ({ request_id: 'qa', accepted: true })),
    );
    const denied = { kind: 'approval_response', request_id: 'p1', decision: { behavior: 'deny' } };
    for (const frame of [allow('qa'), { ...allow('qb'), payload: denied }]) await send(b, frame);
    expect(b.of('input_accepted')).toMatchObject(
      Array.from({ length: 2 }, () => ({
        error_code: 'ALREADY_ANSWERED',
        error: 'This approval has ended already: allow.',
      })),
    );
    expect(link.sent.filter(({ type }) => type === 'input')).toHaveLength(1);
  });

  it('lets the next answer try when the device refused the first, or its link broke', async () => {
    const { bench, link, a, b, send, accept } = await asked(namesEvents);
    await send(a, allow('qa'));
    await send(b, allow('qb'));
    await accept(false);
    expect(link.sent.filter(({ type }) => type === 'input')).toHaveLength(2);
    bench.disconnect(link);
    await bench.settled();
    expect(b.of('input_accepted')).toMatchObject([{ request_id: 'qb', error_code: 'OUTCOME_UNKNOWN' }]);
    const next = bench.connect(new FakeDeviceLink(namesEvents));
    await send(a, allow('qc'));
    expect(next.command('input')['payload']).toMatchObject({ request_id: 'p1' });
  });

  it('is shown again to who attaches with client=, marked, and withheld from who may not approve', async () => {
    const { bench, send } = await asked(namesEvents);
    const may = await bench.attach({ runtime: RUNTIME });
    expect(may.of('control_request')).toMatchObject([
      { request_id: 'p1', replayed: true, idempotency_key: 'control_request:1' },
    ]);
    expect(may.names()).toEqual([]);
    const mayNot = await bench.attach({ runtime: RUNTIME, mayApprove: false });
    expect(mayNot.of('control_request')).toEqual([]);
    expect(mayNot.of('control_request_withheld')).toMatchObject([{ runtime: RUNTIME, replayed: true }]);
    expect(JSON.stringify(mayNot.frames)).not.toContain('rm');
    await send(mayNot, allow('q'));
    expect(mayNot.of('input_accepted')).toMatchObject([{ accepted: false, error_code: 'APPROVAL_NOT_ALLOWED' }]);
  });

  it('is not shown by itself to a stock client, which would deny what it has no handler for', async () => {
    const { bench } = await asked(namesEvents);
    const stock = await bench.attach({ client: undefined, runtime: RUNTIME });
    expect(stock.frames).toEqual([]);
  });
});

describe('an approval of a device that names its events', () => {
  it('ends with its control_request_resolved', async () => {
    const { bench, link, a, send } = await asked(true);
    bench.emit(link, event(2, 'control_request_resolved', { request_id: 'p1', outcome: 'expired' }));
    await bench.settled();
    await send(a, allow('q'));
    expect(a.of('input_accepted')).toMatchObject([{ error_code: 'ALREADY_ANSWERED' }]);
    expect((await bench.attach({ runtime: RUNTIME })).of('control_request')).toEqual([]);
  });

  it('C23 ends with the process that asked', async () => {
    const { bench, a } = await asked(true);
    bench.connect(new FakeDeviceLink(true, 'process-2'));
    await bench.settled();
    expect(a.of('control_request_resolved')).toMatchObject([{ request_id: 'p1', outcome: 'expired' }]);
  });
});

describe('an approval of a stock device', () => {
  it.each([
    ['turn_finished', { turn_id: 't', stop_reason: 'end_turn' }, 'turn_ended'],
    ['update_loop_status', { loop_status: { status: 'PROCESSING_API_RESPONSE' } }, 'expired'],
  ])('ends with %s, which the relay tells in its history', async (type, fields, outcome) => {
    const { bench, link, a } = await asked(false);
    bench.emit(link, event(2, 'update_loop_status', { loop_status: { status: 'WAITING_ON_APPROVAL' } }));
    bench.emit(link, event(3, type, fields));
    await bench.settled();
    expect(a.frames.slice(1).map((frame) => [frame.type, frame['event_seq']])).toEqual([
      ['control_request', 1],
      ['update_loop_status', 2],
      ['control_request_resolved', 3],
      [type, 4],
    ]);
    expect(a.of('control_request_resolved')).toMatchObject([{ request_id: 'p1', outcome, runtime: RUNTIME }]);
  });

  it('ends with the answer that it accepted', async () => {
    const { bench, a, b, send, accept } = await asked(false);
    await send(a, allow('q'));
    await accept(true);
    expect(b.of('control_request_resolved')).toMatchObject([{ request_id: 'p1', outcome: 'allow', event_seq: 2 }]);
    expect((await bench.attach({ runtime: RUNTIME })).of('control_request')).toEqual([]);
  });

  it('is shown to the asker of a sync alone when the device sends it again', async () => {
    const { bench, link, a, send } = await asked(false);
    const stock = await bench.attach({ client: undefined, runtime: RUNTIME });
    await send(stock, { type: 'sync', request_id: 's', runtime: RUNTIME, recover_approvals: true });
    bench.answer(link, 'sync', { type: 'sync_response', success: true });
    bench.emit(link, { ...request, event_seq: 2 }, 'control');
    await bench.settled();
    expect(stock.of('control_request')).toMatchObject([{ request_id: 'p1', replayed: true }]);
    expect(stock.of('sync_response')).toMatchObject([{ request_id: 's' }]);
    expect(a.of('control_request')).toHaveLength(1);
  });
});
