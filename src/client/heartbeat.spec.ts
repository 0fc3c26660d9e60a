import { expect, it } from 'vitest';
import { ManualClock } from '../../test/kit/manual-clock.js';
import { MemorySocket } from '../../test/kit/memory-socket.js';
import { Acknowledger } from './acknowledger.js';
import { CLIENT_LIMITS } from './client-options.js';
import { Heartbeat } from './heartbeat.js';

function heartbeat(answeredBefore = false): {
  clock: ManualClock;
  socket: MemorySocket;
  heartbeat: Heartbeat;
  deaths: () => number;
} {
  const clock = new ManualClock();
  const [socket] = MemorySocket.pair();
  let deaths = 0;
  const heartbeat = new Heartbeat(socket, clock, CLIENT_LIMITS, () => deaths++, answeredBefore);
  return { clock, socket, heartbeat, deaths: () => deaths };
}

it('C12 gives up after three unanswered pings', async () => {
  const { clock, socket, heartbeat: beat, deaths } = heartbeat();
  await clock.advance(30_000);
  beat.pong();
  await clock.advance(3 * 30_000);
  expect([socket.frames().length, deaths()]).toEqual([4, 0]);
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
  const { clock, socket, heartbeat: beat, deaths } = heartbeat();
  await clock.advance(30_000);
  beat.pong();
  beat.woke();
  expect(socket.frames()).toHaveLength(2);
  beat.pong();
  await clock.advance(29_999);
  expect(socket.frames()).toHaveLength(2);
  beat.woke();
  await clock.advance(3 * 5_000);
  expect([socket.frames().length, deaths()]).toEqual([5, 1]);
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
  const { clock, socket, heartbeat: beat } = heartbeat();
  beat.stop();
  await clock.advance(90_000);
  expect(socket.sent).toEqual([]);
});

it('acknowledges once for many frames, and at once when much has come', async () => {
  const clock = new ManualClock();
  const [socket] = MemorySocket.pair();
  const acks = new Acknowledger(socket, clock, CLIENT_LIMITS, () => false);
  acks.received(1, 100);
  acks.received(2, 100);
  expect(socket.sent).toEqual([]);
  await clock.advance(CLIENT_LIMITS.ackDelayMs);
  acks.received(3, CLIENT_LIMITS.ackBytes);
  expect(socket.frames()).toEqual([
    { type: 'ack', seq: 2 },
    { type: 'ack', seq: 3 },
  ]);
  await clock.advance(1_000);
  expect(socket.sent).toHaveLength(2);
});

it('C17 holds acknowledgements back, and sends the newest when released', async () => {
  const clock = new ManualClock();
  const [socket] = MemorySocket.pair();
  let held = true;
  const acks = new Acknowledger(socket, clock, CLIENT_LIMITS, () => held);
  acks.received(1, CLIENT_LIMITS.ackBytes);
  acks.received(2, CLIENT_LIMITS.ackBytes);
  await clock.advance(1_000);
  expect(socket.sent).toEqual([]);
  held = false;
  acks.flush();
  expect(socket.frames()).toEqual([{ type: 'ack', seq: 2 }]);
});
