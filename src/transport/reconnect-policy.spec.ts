import { describe, expect, it } from 'vitest';
import { fullest } from '../../test/kit/fullest.js';
import { RegistrationError } from '../registration/index.js';
import { type LinkEnd, LinkError } from './link-end.js';
import { ReconnectPolicy, type Reconnection } from './reconnect-policy.js';
import { DialError } from './socket-dialer.js';

const options = { backoffMinMs: 1_000, backoffMaxMs: 30_000, backoffResetAfterMs: 30_000 };
const policy = () => new ReconnectPolicy(options, () => 1);
const brief = (after: Reconnection): string =>
  after.next === 'stop' ? `stop ${after.cause}` : `${after.next}${after.renewToken ? ' with a new token' : ''}`;

describe('ReconnectPolicy', () => {
  it.each([
    [1000, 'Replaced by new connection', 'stop superseded'],
    [1000, '', 'connect'],
    [1001, '', 'connect'],
    [1006, '', 'connect'],
    [1008, 'unknown', 'register'],
    [1009, '', 'connect'],
    [1011, '', 'connect'],
    [1012, '', 'connect'],
    [1013, '', 'connect'],
    [4001, '', 'connect with a new token'],
    [4004, '', 'register'],
    [4008, '', 'connect'],
    [4009, '', 'stop superseded'],
    [4009, 'Released by an admin', 'stop released'],
    [4009, 'Deleted by an admin', 'stop deleted'],
    [4029, '60', 'connect'],
    [4999, '', 'connect'],
  ])('after close code %i %s', (code, reason, expected) => {
    expect(brief(policy().afterLink({ code, reason }, 0))).toBe(expected);
  });

  it.each<[string, Error, string]>([
    ['401 on an upgrade', new DialError('no', { status: 401 }), 'connect with a new token'],
    ['404 on an upgrade', new DialError('no', { status: 404 }), 'register'],
    ['409 on an upgrade', new DialError('no', { status: 409 }), 'stop superseded'],
    ['503 on an upgrade', new DialError('no', { status: 503 }), 'connect'],
    ['a broken connection', new DialError('no'), 'connect'],
    ['a deadline', new LinkError('late'), 'connect'],
    ['a close before ready', new LinkError('closed', { code: 1008, reason: '' }), 'register'],
    ['a refused token', new RegistrationError('token-refused', 'no'), 'register with a new token'],
    [
      'a token of another role',
      new RegistrationError('token-refused', 'no', { errorCode: 'ACCESS_REFUSED' }),
      'stop token-refused',
    ],
    ['a conflict', new RegistrationError('conflict', 'no'), 'stop superseded'],
    [
      'another token’s environment',
      new RegistrationError('conflict', 'no', { errorCode: 'ENVIRONMENT_TAKEN' }),
      'stop refused',
    ],
    ['a token that cannot be had just now', new Error('the secret store is away'), 'connect'],
    ['a bad request', new RegistrationError('refused', 'no'), 'stop refused'],
  ])('after %s', (_name, error, expected) => {
    expect(brief(policy().afterFailure(error))).toBe(expected);
  });

  it('C06 registers again, then with a new token, then stops', () => {
    const refused = { code: 1008, reason: 'refused' };
    const after = policy();
    expect([1, 2, 3].map(() => brief(after.afterLink(refused, 10)))).toEqual([
      'register',
      'register with a new token',
      'stop token-refused',
    ]);
    const again = policy();
    again.afterLink(refused, 10);
    again.admitted();
    expect(brief(again.afterLink(refused, 10))).toBe('register');
  });

  it('stops when the token is refused again after it was resolved anew', () => {
    const after = policy();
    after.afterFailure(new DialError('no', { status: 401 }));
    expect(brief(after.afterFailure(new DialError('no', { status: 401 })))).toBe('stop token-refused');
  });

  it('C05 backs off to 30 s and starts over only after 30 s of a ready link', () => {
    const after = policy();
    const waits = (readyMs: number, times: number) =>
      Array.from({ length: times }, () => {
        const next = after.afterLink({ code: 1006, reason: '' }, readyMs);
        return next.next === 'stop' ? -1 : next.waitMs;
      });
    expect(waits(50, 7)).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
    expect(waits(29_999, 1)).toEqual([30_000]);
    expect(waits(30_000, 2)).toEqual([1_000, 1_000]);
  });

  it.each([0, 1])('C36 waits as long as the server asks, and a part of its own wait (%i) on top', (part) => {
    const asking = new ReconnectPolicy(options, () => part);
    const next = asking.afterLink({ code: 4029, reason: 'Retry-After: 60' }, 0);
    expect(next).toMatchObject({ next: 'connect', waitMs: 60_000 + part * options.backoffMinMs });
    const again = asking.afterFailure(new DialError('no', { status: 429, retryAfterMs: 5_000 }));
    expect(again).toMatchObject({ next: 'connect', waitMs: 5_000 + part * 2 * options.backoffMinMs });
  });
});

it('a restart is told in the words of the relay, without what it says to programs', () => {
  const end: LinkEnd = { code: 1012, reason: 'Messages-Read: 6. The relay restarts; reconnect.' };
  expect(new ReconnectPolicy(options).afterLink(end, 0)).toMatchObject({
    next: 'connect',
    reason: 'The server closed the link (1012 The relay restarts; reconnect.).',
  });
});

describe('C25 500 listeners whose relay restarts', () => {
  const LISTENERS = 500;
  /** In a tenth of the shortest jitter window: twice what an even spread would bring. */
  const MOST = 2 * (LISTENERS / 10);
  const RESTART: LinkEnd = { code: 1012, reason: 'The relay restarts; reconnect.' };
  const UNKNOWN: LinkEnd = { code: 1008, reason: 'This relay does not know the lease; register again.' };
  const refused = new DialError('connect ECONNREFUSED');

  const wait = (next: Reconnection): number => (next.next === 'stop' ? Infinity : next.waitMs);
  /** When a listener first reaches a relay that is away from 0 until `backAt`. */
  function arrival(listener: ReconnectPolicy, backAt: number): number {
    let at = wait(listener.afterLink(RESTART, options.backoffResetAfterMs));
    while (at < backAt) at += wait(listener.afterFailure(refused));
    return at;
  }
  const listeners = () => Array.from({ length: LISTENERS }, () => new ReconnectPolicy(options));

  it.each([0, 2_000, 10_000, 60_000])('come back spread out when it is away for %i ms', (awayMs) => {
    const times = listeners().map((listener) => arrival(listener, awayMs));
    expect(fullest(times, options.backoffMinMs / 10)).toBeLessThan(MOST);
  });

  it('come back spread out too when all are asked to wait the same time', () => {
    const throttled: LinkEnd = { code: 4029, reason: 'Retry-After: 5. Too many.' };
    const times = listeners().map((listener) => wait(listener.afterLink(throttled, 0)));
    expect(Math.min(...times)).toBeGreaterThanOrEqual(5_000);
    expect(fullest(times, options.backoffMinMs / 10)).toBeLessThan(MOST);
  });

  it('register spread out too, where it has forgotten them', () => {
    const times = listeners().map((listener) => {
      const at = arrival(listener, 2_000);
      const next = listener.afterLink(UNKNOWN, 0);
      expect(next.next).toBe('register');
      return at + wait(next);
    });
    expect(fullest(times, options.backoffMinMs / 10)).toBeLessThan(MOST);
  });
});
