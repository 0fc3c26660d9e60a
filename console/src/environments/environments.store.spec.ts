import { signal } from '@preact/signals';
import { expect, it } from 'vitest';
import type { EnvironmentRecord } from 'twinlane/client';
import { ManualClock } from '../../../test/kit/manual-clock.js';
import { EnvironmentsStore } from './environments.store.js';

/** A relay whose answers are given by hand. */
function bench() {
  const clock = new ManualClock();
  const visible = signal(true);
  const asked: { answer(records: readonly EnvironmentRecord[]): Promise<void>; fail(error: Error): Promise<void> }[] = [];
  const settled = async () => {
    for (let i = 0; i < 5; i++) await Promise.resolve();
  };
  const client = {
    environments: () =>
      new Promise<EnvironmentRecord[]>((resolve, reject) =>
        asked.push({
          answer: (records) => (resolve([...records]), settled()),
          fail: (error) => (reject(error), settled()),
        }),
      ),
  };
  const noticed: unknown[] = [];
  const store = new EnvironmentsStore({
    client,
    clock,
    visible,
    noticed: (error) => error instanceof RangeError && noticed.push(error) > 0,
  });
  return { clock, visible, asked, store, noticed };
}

it('asks while somebody looks, and only then', async () => {
  const { clock, visible, asked, store } = bench();
  expect(asked).toHaveLength(0);
  const stop = store.use();
  expect(asked).toHaveLength(1);
  await asked[0]?.answer([]);
  expect(store.records.value).toEqual([]);
  await clock.advance(2_500);
  expect(asked).toHaveLength(2);
  await asked[1]?.answer([]);
  visible.value = false;
  await clock.advance(60_000);
  expect(asked).toHaveLength(2);
  visible.value = true;
  expect(asked).toHaveLength(3);
  await asked[2]?.answer([]);
  stop();
  await clock.advance(60_000);
  expect(asked).toHaveLength(3);
});

it('a relay that does not answer is asked less and less, and what was there stays, as old', async () => {
  const { clock, asked, store } = bench();
  store.use();
  await asked[0]?.answer([]);
  await clock.advance(2_500);
  await asked[1]?.fail(new Error('It is away.'));
  expect(store.stale.value).toMatchObject({ reason: 'It is away.' });
  expect(store.records.value).toEqual([]);
  await clock.advance(2_500);
  expect(asked).toHaveLength(2);
  await clock.advance(2_500);
  expect(asked).toHaveLength(3);
  await asked[2]?.answer([]);
  expect(store.stale.value).toBeUndefined();
  await clock.advance(2_500);
  expect(asked).toHaveLength(4);
});

it('an answer that was overtaken says nothing', async () => {
  const { asked, store } = bench();
  store.use();
  void store.refresh();
  await asked[1]?.answer([]);
  await asked[0]?.fail(new Error('late'));
  expect(store.stale.value).toBeUndefined();
});

it('a session that ended stops it', async () => {
  const { clock, asked, store, noticed } = bench();
  store.use();
  await asked[0]?.fail(new RangeError('revoked'));
  expect(noticed).toHaveLength(1);
  await clock.advance(60_000);
  expect(asked).toHaveLength(1);
});
