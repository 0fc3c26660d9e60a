import { expect, it } from 'vitest';
import { MemorySocket } from '../../../../../test/kit/memory-socket.js';
import { settle } from '../../../../../test/kit/manual-clock.js';
import { UpcomingSocket } from './upcoming-socket.js';

function reader() {
  const heard: string[] = [];
  return {
    heard,
    message: (text: string) => void heard.push(text),
    closed: (code: number, reason: string) => void heard.push(`${code} ${reason}`),
  };
}

it('what is sent before it opens goes first, and what comes is read', async () => {
  const upcoming = new UpcomingSocket();
  const home = reader();
  const written: string[] = [];
  upcoming.receive(home);
  upcoming.send('early', () => written.push('early'));
  expect([upcoming.open, upcoming.bufferedAmount, written]).toEqual([true, 5, []]);

  const [socket, peer] = MemorySocket.pair();
  const far = reader();
  peer.receive(far);
  upcoming.become(socket);
  upcoming.send('late');
  peer.send('hello');
  await settle();
  expect(far.heard).toEqual(['early', 'late']);
  expect([home.heard, written, upcoming.bufferedAmount]).toEqual([['hello'], ['early'], 0]);
  peer.close(1000, 'enough');
  await settle();
  expect([home.heard, upcoming.open]).toEqual([['hello', '1000 enough'], false]);
});

it.each([
  ['closed', (upcoming: UpcomingSocket) => upcoming.close(1013, 'later'), '1013 later'],
  ['terminated', (upcoming: UpcomingSocket) => upcoming.terminate(), '1006 '],
])('one that is %s opens only to be told so', async (_how, end, told) => {
  const upcoming = new UpcomingSocket();
  end(upcoming);
  upcoming.send('nothing');
  expect(upcoming.open).toBe(false);
  const [socket, peer] = MemorySocket.pair();
  const far = reader();
  peer.receive(far);
  upcoming.become(socket);
  await settle();
  expect(far.heard).toEqual([told]);
});

it('one that never opens breaks, once', () => {
  const upcoming = new UpcomingSocket();
  const home = reader();
  let written = 0;
  upcoming.receive(home);
  upcoming.send('early', () => written++);
  upcoming.lost();
  upcoming.lost();
  expect([home.heard, written, upcoming.open]).toEqual([['1006 '], 1, false]);
  const late = reader();
  upcoming.receive(late);
  expect(late.heard).toEqual(['1006 ']);
});
