import { describe, expect, it } from 'vitest';
import { FakeDeviceLink, RoutingBench } from '../../../test/kit/routing-bench.js';
import type { Frame } from '../../protocol/index.js';

const RUNTIME = { agent_id: 'agent-1', conversation_id: 'conv-1' };
const WAIT_MS = 1_000;

function event(seq: number, epoch = 'e1', fields: object = {}): Frame {
  return { type: 'stream_delta', delta: {}, ...fields, runtime: RUNTIME, event_epoch: epoch, event_seq: seq };
}

async function watched() {
  const bench = new RoutingBench();
  const link = bench.connect(new FakeDeviceLink(true));
  const client = await bench.attach({ runtime: RUNTIME });
  const emit = async (...events: Frame[]): Promise<void> => {
    for (const frame of events) bench.emit(link, frame);
    await bench.settled();
  };
  return { bench, link, client, emit };
}

describe('a device that names its events', () => {
  it('C04 has its names passed on unchanged, whatever else it works on', async () => {
    const { client, emit } = await watched();
    const other = { agent_id: 'agent-2', conversation_id: 'conv-2' };
    const first = { ...event(1), idempotency_key: 'k', emitted_at: 'now', unknown_field: [1] };
    await emit(
      { ...first, seq: 40 },
      { ...event(1), runtime: other },
      event(2),
      { ...event(2), runtime: other },
      event(3),
    );
    expect(client.names()).toEqual(['e1:1', 'e1:2', 'e1:3']);
    expect(client.frames[1]).toEqual({ ...first, seq: 2 });
  });

  it('C03 waits for what another socket still brings, and takes nothing twice', async () => {
    const { client, emit } = await watched();
    await emit(event(1), event(4), event(2), event(2), event(3), event(1), event(4), event(5));
    expect(client.names()).toEqual(['e1:1', 'e1:2', 'e1:3', 'e1:4', 'e1:5']);
  });

  it('makes what does not come in time a hole, and tells it; late arrivals are dropped', async () => {
    const { bench, client, emit } = await watched();
    await emit(event(1), event(4));
    await bench.clock.advance(WAIT_MS);
    await emit(event(2), event(5));
    expect(client.names()).toEqual(['e1:1', 'gap 2-3', 'e1:4', 'e1:5']);
    expect(client.of('resume_gap')).toMatchObject([{ runtime: RUNTIME, event_epoch: 'e1', from: 2, to: 3, seq: 3 }]);
    expect(bench.drops).toEqual(['known-event']);
  });

  it('begins an epoch with whatever number comes, a moment later', async () => {
    const { bench, client, emit } = await watched();
    await emit(event(57), event(56), event(58));
    expect(client.names()).toEqual([]);
    await bench.clock.advance(WAIT_MS);
    await bench.settled();
    expect(client.names()).toEqual(['e1:56', 'e1:57', 'e1:58']);
  });

  it('C23 goes on with the next process of the listener, whose first event closes the epochs before', async () => {
    const { client, emit, bench } = await watched();
    await emit(event(1), event(2), event(4), event(1, 'e2'), event(3), event(2, 'e2'), event(2, 'e1'), event(5, 'e1'));
    expect(client.names()).toEqual(['e1:1', 'e1:2', 'gap 3-3', 'e1:4', 'e2:1', 'e2:2']);
    await emit(event(5, 'e3'));
    await bench.clock.advance(WAIT_MS);
    await bench.settled();
    expect(client.names().slice(-2)).toEqual(['gap 3-4', 'e3:5']);
  });

  it('is taken up again after a reconnect, sending again what it is unsure of', async () => {
    const { bench, link, client, emit } = await watched();
    await emit(event(1), event(2));
    bench.disconnect(link);
    const next = bench.connect(new FakeDeviceLink(true));
    for (const frame of [event(1), event(2), event(3)]) bench.emit(next, frame);
    await bench.settled();
    expect(client.names()).toEqual(['e1:1', 'e1:2', 'e1:3']);
  });

  it('tells its permission mode', async () => {
    const { bench, emit } = await watched();
    const status = (mode: string): object => ({
      type: 'update_device_status',
      device_status: { current_permission_mode: mode },
    });
    expect(bench.routing.factsOf('env-1').mode).toBeUndefined();
    await emit(event(1, 'e1', status('standard')), event(2, 'e1', status('unrestricted')));
    expect(bench.routing.factsOf('env-1').mode).toBe('unrestricted');
    expect(bench.routing.factsOf('env-2').mode).toBeUndefined();
  });

  it('has events without a name carried, without a place', async () => {
    const { client, emit } = await watched();
    await emit({ type: 'stream_delta', delta: {}, runtime: RUNTIME });
    expect(client.of('stream_delta')).toHaveLength(1);
  });
});
