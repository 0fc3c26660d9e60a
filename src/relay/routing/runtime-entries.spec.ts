import { describe, expect, it } from 'vitest';
import { settle } from '../../../test/kit/manual-clock.js';
import { ENVIRONMENT, FakeDeviceLink, RoutingBench } from '../../../test/kit/routing-bench.js';
import { MemoryJournal } from '../../journal/index.js';
import type { Frame, Runtime } from '../../protocol/index.js';
import { PendingApprovals } from './pending-approvals.js';
import { ReplayTurns } from './replay-turns.js';
import { runtimeEntries } from './runtime-entries.js';
import { Runtimes } from './runtimes.js';

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
    expect(await bench.routing.runtimesOf(ENVIRONMENT, 10)).toEqual({ runtimes: [], hasMore: false });
  });

  it('are listed with what is kept of each, the newest first', async () => {
    const bench = await emitted(
      event('old', 1, 'update_loop_status', { loop_status: { status: 'WAITING_ON_APPROVAL' } }),
      event('old', 2, 'control_request', { request_id: 'r1', request: {} }),
      event('old', 3, 'stream_delta', { delta: {} }),
      event('new', 1, 'stream_delta', { delta: {}, emitted_at: 'yesterday' }),
    );
    expect(await bench.routing.runtimesOf(ENVIRONMENT, 10)).toEqual({
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

  it('are called as their first input begins, also beyond retention and in a later relay; or as the agent says', async () => {
    const input = (text: string) => ({ delta: { message_type: 'user_message', content: text } });
    const journal = new MemoryJournal({ maxEntriesPerRuntime: 2 });
    const first = new RoutingBench({}, journal);
    const link = first.connect(new FakeDeviceLink(true));
    first.emit(link, event('a', 1, 'stream_delta', input('make all\nplease')));
    for (const seq of [2, 3, 4]) first.emit(link, event('a', seq, 'stream_delta', input(`later ${seq}`)));
    first.emit(link, event('b', 1, 'stream_delta', { delta: { message_type: 'status' } }));
    first.emit(link, event('c', 1, 'stream_delta', input('make all')));
    const status = { device_status: { agent_status: { title: 'The build' } } };
    first.emit(link, event('c', 2, 'update_device_status', status));
    await first.settled();
    const titles = async ({ routing }: RoutingBench) =>
      (await routing.runtimesOf(ENVIRONMENT, 10)).runtimes.map(({ runtime: { conversation_id: id }, title }) => [
        id,
        title,
      ]);
    const expected = [
      ['c', 'The build'],
      ['b', undefined],
      ['a', 'make all'],
    ];
    expect(await titles(first)).toEqual(expected);
    expect(journal.bounds({ agent_id: null, conversation_id: 'a' }).oldest).toBe(3);
    const later = new RoutingBench({}, journal);
    later.connect(new FakeDeviceLink(true));
    expect(await titles(later)).toEqual(expected);
  });

  it('C36 lose their title with their history', async () => {
    const bench = new RoutingBench({ maxRuntimes: 1 });
    const link = bench.connect(new FakeDeviceLink(true));
    const input = { delta: { message_type: 'user_message', content: 'make all' } };
    bench.emit(link, event('a', 1, 'stream_delta', input));
    bench.emit(link, event('b', 1, 'x'));
    bench.emit(link, event('a', 2, 'x'));
    await bench.settled();
    expect((await bench.routing.runtimesOf(ENVIRONMENT, 10)).runtimes).toEqual([
      {
        runtime: runtime('a'),
        events: 1,
        epoch: 'e1',
        seq: 2,
        lastEventAt: Date.parse(EMITTED_AT),
        pendingApprovals: 0,
      },
    ]);
  });

  it('beyond the limit are not listed, and that is said', async () => {
    const bench = await emitted(event('a', 1, 'x'), event('b', 1, 'x'), event('a', 2, 'x'));
    const { runtimes, hasMore } = await bench.routing.runtimesOf(ENVIRONMENT, 1);
    expect(runtimes.map((entry) => entry.runtime.conversation_id)).toEqual(['a']);
    expect(hasMore).toBe(true);
  });

  it('C31 are read in turn with everybody else, and each event once', async () => {
    const journal = new MemoryJournal();
    const reads: Runtime[] = [];
    const { read } = journal;
    journal.read = (...asked) => (reads.push(asked[0]), read.apply(journal, asked));
    const turns: (() => void)[] = [];
    const runtimes = new Runtimes(journal, { maxRuntimes: 9, maxEpochsPerRuntime: 9 });
    const append = (name: string, seq: number): void => {
      const of = { agent_id: null, conversation_id: name };
      const frame = JSON.stringify({ type: 'x', emitted_at: EMITTED_AT });
      void runtimes.ofDevice(of).history.append({ epoch: 'e1', seq }, 'x', frame);
    };
    for (const name of ['a', 'b', 'c', 'd', 'e']) append(name, 1);
    const list = () =>
      runtimeEntries(
        {
          journal,
          runtimes,
          approvals: new PendingApprovals(),
          turns: new ReplayTurns(2, undefined, (run) => turns.push(run)),
        },
        10,
      );
    const listed = list();
    await settle();
    expect(reads).toHaveLength(2);
    while (turns.length > 0) {
      turns.shift()?.();
      await settle();
    }
    expect((await listed).runtimes.map(({ lastEventAt }) => lastEventAt)).toEqual(
      Array(5).fill(Date.parse(EMITTED_AT)),
    );
    append('c', 2);
    expect((await list()).runtimes.map(({ seq }) => seq)).toEqual([2, 1, 1, 1, 1]);
    expect(reads).toHaveLength(6);
  });
});
