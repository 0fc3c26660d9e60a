import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { environmentRecord } from '../../test/kit/fake-client-relay.js';
import { ManualClock } from '../../test/kit/manual-clock.js';
import type { EnvironmentRecord } from '../protocol/index.js';
import { CLIENT_LIMITS, clientContext } from './client-options.js';
import { RelayRefusedError, RelayUnreachableError, TokenRefusedError } from './client.error.js';
import { watchEnvironments, type EnvironmentsUpdate } from './environment-watch.js';

const { watchMs } = CLIENT_LIMITS;

function bench(signal?: AbortSignal) {
  const clock = new ManualClock();
  const relay = { list: [environmentRecord('a', 'one')], error: undefined as Error | undefined };
  const asked: number[] = [];
  const list = async (): Promise<EnvironmentRecord[]> => {
    asked.push(clock.now());
    if (relay.error) throw relay.error;
    return relay.list;
  };
  const context = clientContext({ server: 'http://127.0.0.1:1', token: 't', WebSocket, clock });
  const updates = watchEnvironments(context, list, signal);
  const next = async (): Promise<EnvironmentsUpdate> => {
    const { value, done } = await updates.next();
    if (done) throw new Error('it has ended');
    return value;
  };
  return { clock, relay, asked, updates, next };
}

const told = ({ changes }: EnvironmentsUpdate): string[] =>
  changes.map(({ kind, environment }) => `${kind} ${environment.id}`);

describe('watchEnvironments', () => {
  it('shows the list, and then what has changed', async () => {
    const { clock, relay, next, updates } = bench();
    expect(told(await next())).toEqual(['appeared a']);
    relay.list = [environmentRecord('a', 'one', false), environmentRecord('b', 'two')];
    const second = next();
    await clock.advance(watchMs);
    expect(told(await second)).toEqual(['changed a', 'appeared b']);
    relay.list = [environmentRecord('b', 'two')];
    const third = next();
    await clock.advance(watchMs);
    expect(told(await third)).toEqual(['gone a']);
    expect((await third).environments.map(({ id }) => id)).toEqual(['b']);
    await updates.return?.();
  });

  it('yields nothing while nothing changes, and asks for nothing that nobody takes', async () => {
    const { clock, relay, asked, next, updates } = bench();
    await next();
    const waiting = next();
    await clock.advance(3 * watchMs);
    expect(asked).toHaveLength(4);
    relay.list = [];
    await clock.advance(watchMs);
    expect(told(await waiting)).toEqual(['gone a']);
    relay.list = [environmentRecord('c', 'three')];
    await clock.advance(watchMs);
    const before = asked.length;
    await clock.advance(10 * watchMs);
    expect(asked).toHaveLength(before);
    expect(told(await next())).toEqual(['appeared c']);
    await updates.return?.();
  });

  it('says once that the relay cannot be asked, asks more rarely, and says when it can', async () => {
    const { clock, relay, asked, next, updates } = bench();
    await next();
    relay.error = new RelayUnreachableError('http://relay', 'ECONNREFUSED');
    const failed = next();
    await clock.advance(watchMs);
    expect(await failed).toMatchObject({ error: relay.error, changes: [], environments: [{ id: 'a' }] });
    const back = next();
    const before = asked.length;
    await clock.advance(8 * watchMs);
    expect(asked.length - before).toBeLessThan(4);
    relay.error = undefined;
    await clock.advance(CLIENT_LIMITS.backoffMaxMs);
    expect(await back).toEqual({ environments: relay.list, changes: [] });
    await updates.return?.();
  });

  it('stays away for as long as the relay asks', async () => {
    const { clock, relay, asked, next, updates } = bench();
    await next();
    relay.error = new RelayRefusedError(429, 'TOO_MANY', 'Too many.', 40_000);
    await clock.advance(watchMs);
    const before = asked.length;
    await clock.advance(39_999);
    expect(asked).toHaveLength(before);
    await updates.return?.();
  });

  it('fails where the token is refused, and waits for nothing then', async () => {
    const { clock, relay, next } = bench();
    await next();
    relay.error = new TokenRefusedError('This token was revoked.', 'TOKEN_REVOKED');
    const failed = next().catch((error: unknown) => error);
    await clock.advance(watchMs);
    expect(await failed).toMatchObject({ name: 'TokenRefusedError', code: 'TOKEN_REVOKED' });
    expect(clock.pending).toBe(0);
  });

  it.each(['left', 'given up'])('asks no more once it is %s', async (how) => {
    const given = new AbortController();
    const { clock, asked, next, updates } = bench(given.signal);
    await next();
    const waiting = updates.next();
    if (how === 'left') await updates.return?.();
    else given.abort();
    expect((await waiting).done).toBe(true);
    await clock.advance(10 * watchMs);
    expect(asked).toHaveLength(1);
    expect(clock.pending).toBe(0);
  });
});
