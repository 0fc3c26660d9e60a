import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { environmentRecord } from '../../test/kit/fake-client-relay.js';
import { ManualClock } from '../../test/kit/manual-clock.js';
import type { EnvironmentChanges, EnvironmentRecord } from '../protocol/index.js';
import { CLIENT_LIMITS, clientContext } from './client-options.js';
import { RelayRefusedError, RelayUnreachableError, TokenRefusedError } from './client.error.js';
import { watchEnvironments, type EnvironmentsUpdate } from './environment-watch.js';

const { watchMs } = CLIENT_LIMITS;

function bench(signal?: AbortSignal, pages?: EnvironmentChanges[]) {
  const clock = new ManualClock();
  const relay = {
    list: [environmentRecord('a', 'one')],
    error: undefined as Error | undefined,
    /** Answers for those who ask for changes, in turn; undefined: it has no such feed. */
    pages,
  };
  const asked: number[] = [];
  const since: (string | undefined)[] = [];
  const list = async (): Promise<EnvironmentRecord[]> => {
    asked.push(clock.now());
    if (relay.error) throw relay.error;
    return relay.list;
  };
  const context = clientContext({ server: 'http://127.0.0.1:1', token: 't', WebSocket, clock });
  const changes = async (cursor: string | undefined): Promise<EnvironmentChanges | undefined> => {
    if (relay.pages) since.push(cursor);
    return relay.pages?.shift();
  };
  const wants = ({ connectionId }: EnvironmentRecord): boolean => connectionId !== null;
  const updates = watchEnvironments(context, { list, changes, wants }, signal);
  const next = async (): Promise<EnvironmentsUpdate> => {
    const { value, done } = await updates.next();
    if (done) throw new Error('it has ended');
    return value;
  };
  return { clock, relay, asked, since, updates, next };
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

  describe('of a relay that tells what has changed', () => {
    const page = (cursor: string, fields: Partial<EnvironmentChanges> = {}): EnvironmentChanges => ({
      cursor,
      recovered: true,
      changed: [],
      gone: [],
      hasMore: false,
      ...fields,
    });
    const lost = (cursor: string) => page(cursor, { recovered: false });

    it('asks for all once, and then for what is new', async () => {
      const two = environmentRecord('b', 'two');
      const { clock, asked, since, next, updates } = bench(undefined, [
        lost('1'),
        page('2', { changed: [two], hasMore: true }),
        page('3', { changed: [environmentRecord('a', 'renamed')] }),
        page('3'),
        page('4', { gone: ['a', 'never seen'] }),
        page('5', { changed: [environmentRecord('b', 'two', false)] }),
      ]);
      expect(told(await next())).toEqual(['appeared a']);
      const second = next();
      await clock.advance(watchMs);
      expect(told(await second)).toEqual(['changed a', 'appeared b']);
      const third = next();
      await clock.advance(2 * watchMs);
      expect(await third).toMatchObject({ environments: [two], changes: [{ kind: 'gone' }] });
      const fourth = next();
      await clock.advance(watchMs);
      expect(told(await fourth)).toEqual(['gone b']);
      expect(asked).toHaveLength(1);
      expect(since).toEqual([undefined, '1', '2', '3', '3', '4']);
      await updates.return?.();
    });

    it('asks for all again where the relay does not know what has changed', async () => {
      const more = page('2', { changed: [environmentRecord('b', 'two')], hasMore: true });
      const { clock, relay, asked, since, next, updates } = bench(undefined, [lost('1'), more, lost('9')]);
      await next();
      relay.list = [environmentRecord('c', 'three')];
      const second = next();
      await clock.advance(watchMs);
      expect(told(await second)).toEqual(['appeared c', 'gone a']);
      relay.pages = [page('10')];
      await clock.advance(watchMs);
      expect([asked.length, since.at(-1)]).toEqual([2, '9']);
      await updates.return?.();
    });

    it('asks a relay for all whose changes do not go on', async () => {
      const more = page('2', { hasMore: true });
      const { clock, relay, asked, since, next, updates } = bench(undefined, [lost('1'), more, more, more]);
      await next();
      relay.list = [environmentRecord('c', 'three')];
      const second = next();
      await clock.advance(watchMs);
      expect(told(await second)).toEqual(['appeared c', 'gone a']);
      expect([asked.length, since]).toEqual([2, [undefined, '1', '2']]);
      await updates.return?.();
    });

    it('takes nothing for told that was not', async () => {
      const more = page('2', { changed: [environmentRecord('b', 'two')], hasMore: true });
      const { clock, relay, since, next, updates } = bench(undefined, [lost('1'), more]);
      await next();
      // The second page cannot be had, nor the list.
      relay.error = new RelayUnreachableError('http://relay', 'ECONNREFUSED');
      const failed = next();
      await clock.advance(watchMs);
      expect(await failed).toMatchObject({ error: relay.error, environments: [{ id: 'a' }] });
      relay.error = undefined;
      relay.pages = [page('3', { changed: [environmentRecord('b', 'two')] })];
      const back = next();
      await clock.advance(CLIENT_LIMITS.backoffMaxMs);
      expect(told(await back)).toEqual(['appeared b']);
      expect(since.slice(0, 4)).toEqual([undefined, '1', '2', '1']);
      await updates.return?.();
    });
  });
});
