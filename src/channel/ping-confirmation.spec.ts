import { describe, expect, it } from 'vitest';
import { ManualClock, settle } from '../../test/kit/manual-clock.js';
import { MemorySocket } from '../../test/kit/memory-socket.js';
import { ChannelSender } from './channel-sender.js';
import { PING_DEFAULTS, PingConfirmation } from './ping-confirmation.js';

function setUp({ answers, answeredBefore = false }: { answers: boolean; answeredBefore?: boolean }) {
  const clock = new ManualClock();
  const [socket, peer] = MemorySocket.pair();
  const sender = new ChannelSender(socket, clock, { bufferBound: 512 * 1024, numbered: false });
  const state = { dead: false, confirmed: 0, pings: 0, answers };
  const confirmation = new PingConfirmation(
    socket,
    sender,
    clock,
    PING_DEFAULTS,
    answeredBefore,
    () => (state.dead = true),
  );
  peer.receive({
    message: (text) => {
      if (!text.includes('"ping"')) return;
      state.pings++;
      if (state.answers) peer.send('{"type":"pong"}');
    },
    closed: () => {},
  });
  socket.receive({ message: () => confirmation.pong(), closed: () => confirmation.stop() });
  let waiting = 0;
  let size = 0;
  const source = {
    next: () =>
      waiting-- > 0
        ? { text: `{"type":"x","pad":"${'p'.repeat(size)}"}`, confirmed: () => void state.confirmed++ }
        : undefined,
  };
  sender.attach(source);
  const send = async (count: number, bytes = 10): Promise<void> => {
    [waiting, size] = [count, bytes];
    sender.wake();
    await settle();
  };
  return { clock, state, send, confirmation };
}

describe('PingConfirmation', () => {
  it('asks 250 ms after the last unconfirmed frame, and its pong confirms what went before', async () => {
    const { clock, state, send } = setUp({ answers: true });
    await send(3);
    await clock.advance(249);
    expect(state).toMatchObject({ pings: 0, confirmed: 0 });
    await clock.advance(1);
    expect(state).toMatchObject({ pings: 1, confirmed: 3 });
    await clock.advance(20_000);
    expect(state.pings).toBe(1);
  });

  it('asks earlier when a quarter of the bound is on its way, at most 50 times a second', async () => {
    const { clock, state, send } = setUp({ answers: true });
    await send(1, 140 * 1024);
    expect(state.pings).toBe(1);
    await send(1, 140 * 1024);
    expect(state.pings).toBe(1);
    await clock.advance(20);
    expect(state).toMatchObject({ pings: 2, confirmed: 2 });
  });

  it('takes a frame as read 1 s after it left, where the socket has never answered', async () => {
    const { clock, state, send } = setUp({ answers: false });
    await send(2);
    await clock.advance(999);
    expect(state.confirmed).toBe(0);
    await clock.advance(1);
    expect(state.confirmed).toBe(2);
  });

  it('C12 finds a peer that has fallen silent after three unanswered heartbeats', async () => {
    const { clock, state } = setUp({ answers: true });
    await clock.advance(30_000);
    state.answers = false;
    await clock.advance(3 * 30_000);
    expect(state.dead).toBe(false);
    await clock.advance(30_000);
    expect(state.dead).toBe(true);
  });

  it('C31 asks at once after waking, and finds a silent peer within three probes soon after', async () => {
    const { clock, state, confirmation } = setUp({ answers: true });
    await clock.advance(30_000);
    state.answers = false;
    await clock.advance(2 * 30_000);
    confirmation.woke();
    await settle();
    expect(state.pings).toBe(4);
    await clock.advance(3 * 5_000 - 1);
    expect(state).toMatchObject({ pings: 6, dead: false });
    await clock.advance(1);
    expect(state.dead).toBe(true);
  });

  it('C31 goes back to its usual pace once the peer has answered, or has never been one to answer', async () => {
    const { clock, state, confirmation } = setUp({ answers: true });
    confirmation.woke();
    await settle();
    await clock.advance(29_999);
    expect(state.pings).toBe(1);
    await clock.advance(1);
    expect(state.pings).toBe(2);
    const mute = setUp({ answers: false });
    mute.confirmation.woke();
    await mute.clock.advance(60_000);
    expect(mute.state).toMatchObject({ pings: 5, dead: false });
  });

  it('never tears down a server that has never answered a ping', async () => {
    const { clock, state } = setUp({ answers: false });
    await clock.advance(60 * 60_000);
    expect(state.dead).toBe(false);
    const again = setUp({ answers: false, answeredBefore: true });
    await again.clock.advance(4 * 30_000);
    expect(again.state.dead).toBe(true);
  });
});
