import { EventEmitter } from 'node:events';
import { expect, it } from 'vitest';
import type { WebSocket } from 'ws';
import { ManualClock } from '../../../test/kit/manual-clock.js';
import { CUT_GRACE_MS } from './guarded-socket.js';
import { MOST_TURNED_AWAY, TurnedAway } from './turned-away.js';

/** A socket whose peer does what it likes. */
class FakeWs extends EventEmitter {
  readonly readyState = 1;
  readonly did: unknown[] = [];
  close = (...how: unknown[]): void => void this.did.push(how);
  terminate = (): void => void this.did.push('cut');
}

const CLOSING = { code: 4029, reason: 'Retry-After: 5. Too many.' };

it('C36 a page that was let in to be told is cut where it does not go by itself', async () => {
  const clock = new ManualClock();
  const ws = new FakeWs();
  new TurnedAway(clock).close(ws as unknown as WebSocket, CLOSING);
  ws.emit('message', Buffer.from('{"type":"input"}'), false);
  expect(ws.did).toEqual([[4029, CLOSING.reason]]);
  await clock.advance(CUT_GRACE_MS);
  expect(ws.did).toEqual([[4029, CLOSING.reason], 'cut']);
});

it('C36 one that goes leaves no timer', () => {
  const clock = new ManualClock();
  const ws = new FakeWs();
  new TurnedAway(clock).close(ws as unknown as WebSocket, CLOSING);
  ws.emit('close', 4029, Buffer.from(''));
  expect([clock.pending, ws.did.length]).toEqual([0, 1]);
});

it('C36 of one address there are so many at once', () => {
  const turnedAway = new TurnedAway(new ManualClock());
  const connections = Array.from({ length: MOST_TURNED_AWAY }, () =>
    Object.assign(new EventEmitter(), { destroyed: false }),
  );
  for (const connection of connections) expect(turnedAway.take('192.0.2.1', connection)).toBe(true);
  const late = Object.assign(new EventEmitter(), { destroyed: false });
  expect(turnedAway.take('192.0.2.1', late)).toBe(false);
  expect(turnedAway.take('192.0.2.2', late)).toBe(true);
  connections[0]?.emit('close');
  expect(turnedAway.take('192.0.2.1', late)).toBe(true);
  expect(turnedAway.take('192.0.2.3', Object.assign(new EventEmitter(), { destroyed: true }))).toBe(false);
});
