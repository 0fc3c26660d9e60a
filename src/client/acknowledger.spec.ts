import { expect, it } from 'vitest';
import { ManualClock } from '../../test/kit/manual-clock.js';
import { MemorySocket } from '../../test/kit/memory-socket.js';
import { Acknowledger } from './acknowledger.js';
import { CLIENT_LIMITS } from './client-options.js';

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
