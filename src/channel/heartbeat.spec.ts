import { expect, it } from 'vitest';
import { ManualClock } from '../../test/kit/manual-clock.js';
import { Heartbeat } from './heartbeat.js';

const OPTIONS = { heartbeatMs: 30_000, maxUnanswered: 3, wakeProbeMs: 5_000 };

function heartbeat(answeredBefore = false): {
  clock: ManualClock;
  heartbeat: Heartbeat;
  pings: () => number;
  deaths: () => number;
} {
  const clock = new ManualClock();
  let [pings, deaths] = [0, 0];
  const heartbeat = new Heartbeat(
    clock,
    OPTIONS,
    () => pings++,
    answeredBefore,
    () => deaths++,
  );
  return { clock, heartbeat, pings: () => pings, deaths: () => deaths };
}

it('C12 gives up after three unanswered pings', async () => {
  const { clock, pings, heartbeat: beat, deaths } = heartbeat();
  await clock.advance(30_000);
  beat.pong();
  await clock.advance(3 * 30_000);
  expect([pings(), deaths()]).toEqual([4, 0]);
  await clock.advance(30_000);
  expect(deaths()).toBe(1);
});

it('C13 counts pings, not time: a long stall costs one', async () => {
  const { clock, heartbeat: beat, deaths } = heartbeat();
  await clock.advance(30_000);
  beat.pong();
  await clock.advance(30_000);
  beat.pong();
  await clock.advance(2 * 30_000);
  expect(deaths()).toBe(0);
});

it('C31 asks at once after waking, and gives up after three pings that follow quickly', async () => {
  const { clock, pings, heartbeat: beat, deaths } = heartbeat();
  await clock.advance(30_000);
  beat.pong();
  beat.woke();
  expect(pings()).toBe(2);
  beat.pong();
  await clock.advance(29_999);
  expect(pings()).toBe(2);
  beat.woke();
  await clock.advance(3 * 5_000);
  expect([pings(), deaths()]).toEqual([5, 1]);
});

it('does not blame a server that has never answered', async () => {
  const { clock, deaths } = heartbeat();
  await clock.advance(20 * 30_000);
  expect(deaths()).toBe(0);
});

it('C12 finds a socket that never answers, of a relay that has answered before', async () => {
  const { clock, deaths } = heartbeat(true);
  await clock.advance(4 * 30_000);
  expect(deaths()).toBe(1);
});

it('stops when told', async () => {
  const { clock, pings, heartbeat: beat } = heartbeat();
  beat.stop();
  await clock.advance(90_000);
  expect(pings()).toBe(0);
});
