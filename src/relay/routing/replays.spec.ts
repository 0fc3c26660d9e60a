import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { FakeDeviceLink, RoutingBench } from '../../../test/kit/routing-bench.js';

const runtime = { agent_id: 'a', conversation_id: 'c' };
const EVENTS = 1_500;

it('C36 replays of many clients at a time wait for each other, and each gets everything once and in order', async () => {
  const bench = new RoutingBench({ replayReadsPerTurn: 1 });
  const link = bench.connect(FakeDeviceLink.resumable());
  bench.emit(link, { type: 'journals', heads: [], last: true });
  for (let seq = 1; seq <= EVENTS; seq++)
    bench.emit(link, { type: 'stream_delta', delta: {}, runtime, event_epoch: 'e1', event_seq: seq });
  const clients = await Promise.all(
    Array.from({ length: 8 }, () => bench.attach({ runtime, resume: { seq: 0, epoch: undefined } })),
  );
  const live = await bench.attach({ runtime });
  bench.emit(link, { type: 'stream_delta', delta: {}, runtime, event_epoch: 'e1', event_seq: EVENTS + 1 });
  await bench.settled();
  // Who follows what happens now waits for none of them.
  expect(live.names()).toEqual([`e1:${EVENTS + 1}`]);
  while (clients.some((client) => client.names().length <= EVENTS)) {
    await nextTurn();
    await bench.settled();
  }
  const all = Array.from({ length: EVENTS + 1 }, (_, index) => `e1:${index + 1}`);
  for (const client of clients) expect(client.names()).toEqual(all);
});

it('C36 a new epoch with each event fills nothing: the oldest go first, and who comes later is told', async () => {
  const bench = new RoutingBench({ maxEpochsPerRuntime: 10 });
  const link = bench.connect(FakeDeviceLink.resumable());
  bench.emit(link, { type: 'journals', heads: [], last: true });
  for (let seq = 1; seq <= 500; seq++)
    bench.emit(link, { type: 'stream_delta', delta: {}, runtime, event_epoch: `e${seq}`, event_seq: seq });
  const client = await bench.attach({ runtime, resume: { seq: 0, epoch: undefined } });
  const known = await bench.attach({ runtime, resume: { seq: 495, epoch: 'e495' } });
  const forgotten = await bench.attach({ runtime, resume: { seq: 3, epoch: 'e3' } });
  await bench.settled();
  expect(client.names()).toEqual(Array.from({ length: 10 }, (_, index) => `e${491 + index}:${491 + index}`));
  expect(known.of('resume_status')).toMatchObject([{ recovered: true }]);
  expect(known.names()).toEqual([496, 497, 498, 499, 500].map((seq) => `e${seq}:${seq}`));
  expect(forgotten.of('resume_status')).toMatchObject([{ recovered: false }]);
});
