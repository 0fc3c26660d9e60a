import { expect, it } from 'vitest';
import { ManualClock } from '../../../test/kit/manual-clock.js';
import type { Identity } from './identity.js';
import { LiveSockets } from './live-sockets.js';

function held(expiresAt?: number) {
  const clock = new ManualClock();
  const live = new LiveSockets(clock);
  const ends: string[] = [];
  const identity = (at?: number): Identity => ({
    tokenId: 'tok-1',
    organizationId: 'acme',
    mayApprove: false,
    ...(at === undefined ? {} : { expiresAt: clock.now() + at }),
  });
  const hold = live.hold(identity(expiresAt), { refuse: (end) => void ends.push(end) });
  return { clock, live, ends, identity, hold };
}

it('C30 a revoked token closes what it has open, once, and whatever comes after that', () => {
  const { live, ends, identity } = held();
  expect([live.revoked('tok-2'), live.revoked('tok-1'), live.revoked('tok-1')]).toEqual([0, 1, 0]);
  expect([ends, live.count]).toEqual([['revoked'], 0]);
  live.hold(identity(), { refuse: (end) => void ends.push(end) });
  expect([ends, live.count]).toEqual([['revoked', 'revoked'], 0]);
});

it('C30 a token that expires closes within a second or so', async () => {
  const { clock, ends } = held(5_000);
  await clock.advance(4_900);
  expect(ends).toEqual([]);
  await clock.advance(1_200);
  expect(ends).toEqual(['expired']);
});

it('a renewed one stays, and a released one is let go', async () => {
  const { clock, live, ends, identity, hold } = held(5_000);
  hold.renew({ ...identity(20_000), tokenId: 'another' });
  expect(hold.identity).toMatchObject({ tokenId: 'tok-1' });
  await clock.advance(10_000);
  expect(ends).toEqual([]);
  hold.release();
  await clock.advance(20_000);
  expect([ends, live.count]).toEqual([[], 0]);
});

it('C30 what was opened with other rights is not renewed with the rest of its connection', async () => {
  const clock = new ManualClock();
  const live = new LiveSockets(clock);
  const ends: string[] = [];
  const identity = (access: 'watch' | 'steer', at: number): Identity => ({
    tokenId: 'jwt-1',
    organizationId: 'acme',
    role: 'client',
    access,
    mayApprove: false,
    expiresAt: clock.now() + at,
  });
  const open = (access: 'watch' | 'steer') =>
    live.hold(identity(access, 5_000), { refuse: (end) => void ends.push(`${access} ${end}`) }, 'one');
  open('steer');
  const watching = open('watch');
  open('watch');
  watching.renew(identity('watch', 60_000));
  await clock.advance(10_000);
  expect([ends, live.count]).toEqual([['steer expired'], 2]);
});
