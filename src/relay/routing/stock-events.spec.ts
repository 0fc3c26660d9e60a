import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../../test/kit/manual-clock.js';
import { ENVIRONMENT, FakeDeviceLink, RoutingBench } from '../../../test/kit/routing-bench.js';
import { MemoryJournal } from '../../journal/index.js';
import type { ChannelName, Frame, Runtime } from '../../protocol/index.js';
import { EventRecorder } from './event-recorder.js';
import { PendingApprovals } from './pending-approvals.js';
import { NO_ROUTING_OBSERVER } from './routing-observer.js';
import { Runtimes } from './runtimes.js';
import { StockEvents } from './stock-events.js';

const RUNTIME = { agent_id: 'agent-1', conversation_id: 'conv-1' };
const OTHER = { agent_id: 'agent-1', conversation_id: 'conv-2' };
const WAIT_MS = 1_000;

function event(number: number, type = 'stream_delta', fields: object = {}, runtime: Runtime = RUNTIME): Frame {
  return { type, ...fields, runtime, event_seq: number, idempotency_key: `${type}:${number}:uuid` };
}

function loop(number: number, status: string): Frame {
  return event(number, 'update_loop_status', { loop_status: { status, active_run_ids: [] } });
}

async function watched() {
  const bench = new RoutingBench();
  const link = bench.connect(new FakeDeviceLink(false));
  const client = await bench.attach({ runtime: RUNTIME });
  return { bench, link, client };
}

/** The device's own numbers, in the order the client sees them. */
const origins = (frames: readonly Frame[]): number[] =>
  frames.flatMap((frame) =>
    typeof frame['idempotency_key'] === 'string' ? [Number(frame['idempotency_key'].split(':')[1])] : [],
  );

const seqs = (frames: readonly Frame[]): unknown[] =>
  frames.flatMap((frame) => ('event_seq' in frame ? [frame['event_seq']] : []));

describe('a stock device', () => {
  it('C03 C04 has its order restored over both sockets, and each runtime numbered without a gap', async () => {
    const emitted = fc.array(fc.record({ control: fc.boolean(), other: fc.boolean() }), {
      minLength: 1,
      maxLength: 40,
    });
    await fc.assert(
      fc.asyncProperty(
        emitted,
        fc.array(fc.boolean(), { minLength: 80, maxLength: 80 }),
        fc.nat(500),
        async (events, picks, base) => {
          const { bench, link, client } = await watched();
          const queues: Record<ChannelName, Frame[]> = { control: [], stream: [] };
          events.forEach(({ control, other }, index) =>
            queues[control && index > 0 ? 'control' : 'stream'].push(
              event(base + index, 'stream_delta', {}, other ? OTHER : RUNTIME),
            ),
          );
          for (const pick of picks) {
            const channel = pick ? 'control' : 'stream';
            const frame = queues[channel].shift();
            if (frame) bench.emit(link, frame, channel);
          }
          for (const channel of ['control', 'stream'] as const)
            for (const frame of queues[channel]) bench.emit(link, frame, channel);
          await bench.settled();
          const mine = events.flatMap(({ other }, index) => (other ? [] : [base + index]));
          expect(origins(client.frames)).toEqual(mine);
          expect(seqs(client.frames)).toEqual(mine.map((_, index) => index + 1));
        },
      ),
      { seed: 1, numRuns: 50 },
    );
  });

  it('C03 sees a turn end after its last delta, though control was faster', async () => {
    const { bench, link, client } = await watched();
    bench.emit(link, event(1));
    bench.emit(link, event(4, 'turn_finished'), 'control');
    bench.emit(link, { type: 'input_accepted', request_id: 'x' }, 'control');
    for (const number of [2, 3]) bench.emit(link, event(number));
    await bench.settled();
    expect(client.frames.slice(1).map(({ type }) => type)).toEqual([
      'stream_delta',
      'stream_delta',
      'stream_delta',
      'turn_finished',
    ]);
    const [first] = client.of('stream_delta');
    expect(first).toMatchObject({ event_seq: 1, idempotency_key: 'stream_delta:1:uuid' });
    expect(first?.['event_epoch']).toMatch(/^[0-9a-f]{8}$/);
  });

  it('loses nothing that comes after its time, and repeats nothing', async () => {
    const { bench, link, client } = await watched();
    bench.emit(link, event(1));
    bench.emit(link, event(3, 'turn_finished'), 'control');
    await bench.clock.advance(WAIT_MS);
    for (const number of [2, 2, 3]) bench.emit(link, event(number));
    await bench.settled();
    expect(origins(client.frames)).toEqual([1, 3, 2]);
    expect(seqs(client.frames)).toEqual([1, 2, 3]);
  });

  it('does not let frames wait that are no events', async () => {
    const { bench, link, client } = await watched();
    bench.emit(link, event(1));
    bench.emit(link, event(3, 'turn_finished'), 'control');
    bench.emit(link, { type: 'mods_updated' }, 'control');
    await bench.settled();
    expect(client.of('mods_updated')).toHaveLength(1);
    expect(client.of('turn_finished')).toHaveLength(0);
  });

  it('gives its place back to a numbered frame that names no runtime', async () => {
    const { bench, link, client } = await watched();
    bench.emit(link, event(1));
    bench.emit(link, event(3));
    bench.emit(link, { type: 'environment_notice', event_seq: 2 }, 'control');
    await bench.settled();
    expect(
      client.frames
        .slice(1)
        .map(({ type }) => type)
        .toSorted(),
    ).toEqual(['environment_notice', 'stream_delta', 'stream_delta']);
  });

  it('C02 is told as a gap when it reconnects at work, and not when it was idle', async () => {
    const { bench, link, client } = await watched();
    const idle = await bench.attach({ runtime: OTHER });
    bench.emit(link, loop(1, 'PROCESSING_API_RESPONSE'));
    bench.emit(link, { ...loop(2, 'WAITING_ON_INPUT'), runtime: OTHER });
    bench.disconnect(link);
    const next = bench.connect(new FakeDeviceLink(false));
    bench.emit(next, event(9));
    bench.emit(next, event(10, 'stream_delta', {}, OTHER));
    await bench.settled();
    const epoch = client.of('stream_delta')[0]?.['event_epoch'];
    expect(client.names()).toEqual([`${String(epoch)}:1`, 'gap 2-2', `${String(epoch)}:3`]);
    expect(idle.names()).toEqual([`${String(epoch)}:1`, `${String(epoch)}:2`]);
  });

  it('is taken as it comes on its one legacy socket', async () => {
    const bench = new RoutingBench();
    const link = bench.connect(new FakeDeviceLink(false, undefined, 'legacy'));
    const client = await bench.attach({ runtime: RUNTIME });
    for (const number of [5, 6, 9]) bench.emit(link, event(number), 'control');
    await bench.settled();
    expect(origins(client.frames)).toEqual([5, 6, 9]);
    expect(seqs(client.frames)).toEqual([1, 2, 3]);
  });
});

describe('C24 a stock device, once its relay was restarted', () => {
  /** Histories that are kept, and the relay processes that write into them one after the other. */
  class RestartingRelay {
    readonly journal = new MemoryJournal();
    private readonly runtimes = new Runtimes(this.journal, { maxRuntimes: 10, maxEpochsPerRuntime: 10 });
    private readonly approvals = new PendingApprovals();
    private readonly clock = new ManualClock();
    private readonly recorder = new EventRecorder(this.runtimes, this.approvals, this.clock, NO_ROUTING_OBSERVER);

    /** The device's first link to a relay process. */
    start(epoch: string): StockEvents {
      const nothing = (): void => {};
      const events = new StockEvents(
        epoch,
        this.runtimes,
        this.recorder,
        this.approvals,
        this.clock,
        { waitMs: WAIT_MS, maxWaiting: 100, maxWaitingBytes: 100_000 },
        NO_ROUTING_OBSERVER,
        (_doing, run) => run(),
        { carry: nothing, shownAgain: nothing, recorded: nothing },
      );
      this.reconnect(events);
      return events;
    }

    reconnect(events: StockEvents): void {
      events.begin(new FakeDeviceLink(false));
    }

    names(runtime: Runtime = RUNTIME): string[] {
      return this.journal
        .read(runtime, 0, 100)
        .map(({ epoch, seq, frame }) => `${frame === undefined ? 'gap ' : ''}${epoch}:${seq}`);
    }
  }

  it('counts on under another epoch, and skips a number where it was at work', () => {
    const relay = new RestartingRelay();
    const before = relay.start('e1');
    before.take('stream', loop(1, 'PROCESSING_API_RESPONSE'));
    before.take('stream', { ...loop(2, 'WAITING_ON_INPUT'), runtime: OTHER });
    const after = relay.start('e2');
    after.take('stream', event(7));
    after.take('stream', event(8, 'stream_delta', {}, OTHER));
    expect(relay.names()).toEqual(['e1:1', 'gap e2:2', 'e2:3']);
    expect(relay.names(OTHER)).toEqual(['e1:1', 'e2:2']);
  });

  it('skips one for every link that it lost while at work, whichever relay had it', () => {
    const relay = new RestartingRelay();
    const before = relay.start('e1');
    before.take('stream', loop(1, 'PROCESSING_API_RESPONSE'));
    relay.reconnect(before);
    before.take('stream', event(9));
    const after = relay.start('e2');
    relay.reconnect(after);
    after.take('stream', loop(20, 'WAITING_ON_INPUT'));
    relay.reconnect(after);
    after.take('stream', event(30));
    expect(relay.names()).toEqual(['e1:1', 'gap e1:2', 'e1:3', 'gap e2:4', 'gap e2:5', 'e2:6', 'e2:7']);
  });

  it('has what the relay makes in its place numbered likewise', () => {
    const relay = new RestartingRelay();
    relay.start('e1').take('stream', event(1, 'control_request', { request_id: 'r1' }));
    const after = relay.start('e2');
    after.resolve(RUNTIME, 'r1', 'expired');
    expect(relay.names()).toEqual(['e1:1', 'gap e2:2', 'e2:3']);
  });

  it('begins at 1 where nothing is kept', () => {
    const relay = new RestartingRelay();
    relay.start('e1');
    const events = relay.start('e2');
    events.take('stream', event(5));
    expect(relay.names()).toEqual(['e2:1']);
  });
});

it('C24 what a stock device says at a node that has it again is behind what it said at another one, for whoever has seen that', async () => {
  const journal = new MemoryJournal();
  const [first, second] = [new RoutingBench({}, journal), new RoutingBench({}, journal)];
  for (const [number, node] of [first, second].entries()) {
    node.emit(node.connect(new FakeDeviceLink(false)), event(number));
    await node.settled();
    node.routing.leave(ENVIRONMENT);
  }
  const { epoch, seq } = journal.read(RUNTIME, 0, 9).at(-1) ?? {};
  const link = first.connect(new FakeDeviceLink(false));
  const client = await first.attach({ runtime: RUNTIME, resume: { epoch, seq: Number(seq) } });
  first.emit(link, event(2));
  await first.settled();
  expect(origins(client.frames)).toEqual([2]);
  const places = journal.read(RUNTIME, 0, 9);
  // It was at work each time, so that a number is missing before what it said.
  expect(places.map((place) => place.seq)).toEqual([1, 2, 3, 4, 5]);
  expect(new Set(places.map((place) => place.epoch)).size).toBe(3);
});

it('C24 what a stock device says is behind what another kind of listener said in its place, for whoever has seen that', async () => {
  const bench = new RoutingBench();
  bench.emit(bench.connect(new FakeDeviceLink(false)), event(1));
  bench.emit(bench.connect(new FakeDeviceLink(true)), { ...event(2), event_epoch: 'named' });
  const link = bench.connect(new FakeDeviceLink(false));
  const client = await bench.attach({ runtime: RUNTIME, resume: { epoch: 'named', seq: 2 } });
  bench.emit(link, event(3));
  await bench.settled();
  expect(origins(client.frames)).toEqual([3]);
});
