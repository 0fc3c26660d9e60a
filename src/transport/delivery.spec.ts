import { describe, expect, it } from 'vitest';
import { linkContext } from '../../test/kit/link-context.js';
import { ManualClock } from '../../test/kit/manual-clock.js';
import { MemorySocket } from '../../test/kit/memory-socket.js';
import { PlainDelivery, ResumableDelivery } from './delivery.js';

function setUp(Delivery: typeof PlainDelivery | typeof ResumableDelivery) {
  const clock = new ManualClock();
  const [socket] = MemorySocket.pair();
  const silent = { paceChanged: () => {}, inFlightChanged: () => {}, confirmedAfter: () => {}, answeredBefore: false };
  const delivery = new Delivery(socket, { ...linkContext(clock), ...silent });
  return { clock, socket, delivery };
}

describe('C12 a socket that has never answered a ping in this process', () => {
  it('is dead after three unanswered heartbeats on a resumable link, whose server has agreed to answer', async () => {
    const { clock, socket } = setUp(ResumableDelivery);
    await clock.advance(3 * 30_000);
    expect(socket.open).toBe(true);
    await clock.advance(30_000);
    expect(socket.open).toBe(false);
  });

  it('lives on a plain link, whose server may be one that never answers', async () => {
    const { clock, socket, delivery } = setUp(PlainDelivery);
    await clock.advance(100 * 30_000);
    expect(socket.open).toBe(true);
    delivery.end();
    expect(clock.pending).toBe(0);
  });
});
