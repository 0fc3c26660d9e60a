import { describe, expect, it } from 'vitest';
import { ENVIRONMENT, FakeDeviceLink, RoutingBench } from '../../../test/kit/routing-bench.js';
import type { Frame } from '../../protocol/index.js';

const EMITTED_AT = '2026-11-22T12:00:00.000Z';

function runtime(name: string): Frame['runtime'] {
  return { agent_id: null, conversation_id: name };
}

function event(of: string, seq: number, type: string, fields: object = {}): Frame {
  return {
    type,
    runtime: runtime(of),
    event_epoch: 'e1',
    event_seq: seq,
    emitted_at: EMITTED_AT,
    ...fields,
    idempotency_key: `${type}:${of}:${seq}`,
  };
}

async function emitted(...events: Frame[]): Promise<RoutingBench> {
  const bench = new RoutingBench({ maxEventsPerRuntime: 2 });
  const link = bench.connect(new FakeDeviceLink(true));
  for (const frame of events) bench.emit(link, frame);
  await bench.settled();
  return bench;
}

describe('the runtimes of an environment', () => {
  it('are none where there are no events, whatever clients ask for', async () => {
    const bench = await emitted();
    await bench.attach({ runtime: { agent_id: null, conversation_id: 'asked-for' } });
    expect(bench.routing.runtimesOf(ENVIRONMENT, 10)).toEqual({ runtimes: [], hasMore: false });
  });

  it('are listed with what is kept of each, the newest first', async () => {
    const bench = await emitted(
      event('old', 1, 'update_loop_status', { loop_status: { status: 'WAITING_ON_APPROVAL' } }),
      event('old', 2, 'control_request', { request_id: 'r1', request: {} }),
      event('old', 3, 'stream_delta', { delta: {} }),
      event('new', 1, 'stream_delta', { delta: {}, emitted_at: 'yesterday' }),
    );
    expect(bench.routing.runtimesOf(ENVIRONMENT, 10)).toEqual({
      runtimes: [
        { runtime: runtime('new'), events: 1, epoch: 'e1', seq: 1, lastEventAt: null, pendingApprovals: 0 },
        {
          runtime: runtime('old'),
          events: 2,
          epoch: 'e1',
          seq: 3,
          lastEventAt: Date.parse(EMITTED_AT),
          loopStatus: 'WAITING_ON_APPROVAL',
          pendingApprovals: 1,
        },
      ],
      hasMore: false,
    });
  });

  it('beyond the limit are not listed, and that is said', async () => {
    const bench = await emitted(event('a', 1, 'x'), event('b', 1, 'x'), event('a', 2, 'x'));
    const { runtimes, hasMore } = bench.routing.runtimesOf(ENVIRONMENT, 1);
    expect(runtimes.map((entry) => entry.runtime.conversation_id)).toEqual(['a']);
    expect(hasMore).toBe(true);
  });
});
