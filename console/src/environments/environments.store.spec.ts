import { expect, it } from 'vitest';
import { TokenRefusedError, type EnvironmentRecord, type EnvironmentsUpdate } from 'twinlane/client';
import { AsyncQueue } from '../../../src/client/async-queue.js';
import { environmentRecord } from '../../../test/kit/fake-client-relay.js';
import { ManualClock } from '../../../test/kit/manual-clock.js';
import { EnvironmentsStore, SHOWN_AT_ONCE } from './environments.store.js';

/** A relay that tells by hand. */
function bench() {
  const clock = new ManualClock();
  const watches: { updates: AsyncQueue<EnvironmentsUpdate>; signal: AbortSignal | undefined }[] = [];
  const client = {
    watchEnvironments: ({ signal }: { signal?: AbortSignal } = {}) => {
      const updates = new AsyncQueue<EnvironmentsUpdate>();
      watches.push({ updates, signal });
      return updates.until(signal);
    },
  };
  const noticed: unknown[] = [];
  const store = new EnvironmentsStore({
    client,
    clock,
    noticed: (error) => error instanceof TokenRefusedError && noticed.push(error) > 0,
  });
  const settled = () => clock.advance(0);
  const tell = (environments: readonly EnvironmentRecord[], error?: Error): Promise<void> => {
    watches.at(-1)?.updates.push({ environments, changes: [], ...(error && { error }) }, 1);
    return settled();
  };
  return { clock, watches, store, noticed, tell, settled };
}

const one = environmentRecord('a', 'one');

it('watches while somebody looks, and only then', async () => {
  const { watches, store, tell } = bench();
  expect(watches).toHaveLength(0);
  const [leave, leaveToo] = [store.use(), store.use()];
  await tell([one]);
  expect(store.records.value).toEqual([one]);
  leave();
  expect(watches.map(({ signal }) => signal?.aborted)).toEqual([false]);
  leaveToo();
  expect(watches.map(({ signal }) => signal?.aborted)).toEqual([true]);
  // What was known is there at once when somebody comes back.
  expect(store.records.value).toEqual([one]);
  store.use();
  expect(watches).toHaveLength(2);
});

it('while the relay does not answer, what was there stays, as old, since the first time', async () => {
  const { clock, store, tell } = bench();
  store.use();
  await tell([one]);
  await tell([one], new Error('It is away.'));
  const { since } = store.stale.value ?? {};
  await clock.advance(5_000);
  await tell([one], new Error('It is still away.'));
  expect(store.stale.value).toEqual({ reason: 'It is still away.', since });
  expect(store.records.value).toEqual([one]);
  await tell([one]);
  expect(store.stale.value).toBeUndefined();
});

it('what cannot be asked at first is no empty list', async () => {
  const { store, tell } = bench();
  store.use();
  await tell([], new Error('It is away.'));
  expect([store.records.value, store.stale.value]).toMatchObject([undefined, { reason: 'It is away.' }]);
});

it('asked anew, it says nothing of what was before', async () => {
  const { watches, store, tell, settled } = bench();
  store.use();
  store.refresh();
  watches[0]?.updates.push({ environments: [one], changes: [] }, 1);
  await settled();
  expect([watches[0]?.signal?.aborted, store.records.value]).toEqual([true, undefined]);
  await tell([]);
  expect(store.records.value).toEqual([]);
});

it('a session that ended stops it; anything else is told', async () => {
  const { watches, store, noticed, settled } = bench();
  store.use();
  watches[0]?.updates.finish(new TokenRefusedError('revoked'));
  await settled();
  expect([noticed.length, store.stale.value]).toEqual([1, undefined]);
  store.refresh();
  watches[1]?.updates.finish(new Error('odd'));
  await settled();
  expect(store.stale.value).toMatchObject({ reason: 'odd' });
});

it('shows a part of many, and more of them where somebody wants that', async () => {
  const { store, tell } = bench();
  store.use();
  const name = (n: number): string => `env-${String(n).padStart(4, '0')}`;
  await tell(Array.from({ length: 250 }, (_, n) => environmentRecord(name(n), name(n))));
  expect([store.shown.value.length, store.hidden.value]).toEqual([SHOWN_AT_ONCE, 150]);
  store.showMore();
  store.showMore();
  expect([store.shown.value.length, store.hidden.value]).toEqual([250, 0]);
  store.find('env-02');
  expect([store.shown.value.length, store.hidden.value]).toEqual([50, 0]);
  store.find('');
  store.showMore();
  store.orderBy('name');
  expect([store.shown.value.length, store.shown.value[0]?.id]).toEqual([SHOWN_AT_ONCE, 'env-0000']);
});
