import { expect, it } from 'vitest';
import type { RuntimeEntry, RuntimePage } from 'twinlane/client';
import { ManualClock } from '../../../../test/kit/manual-clock.js';
import { Conversations, LISTED_AT_ONCE } from './conversations.store.js';

/** A relay that has so many conversations. */
function bench(total: number) {
  const clock = new ManualClock();
  const asked: { limit: number; answer(): Promise<void> }[] = [];
  const entry = (n: number): RuntimeEntry => ({
    runtime: { agent_id: null, conversation_id: `c${n}` },
    events: 1,
    epoch: 'e',
    seq: 1,
    lastEventAt: null,
    pendingApprovals: 0,
  });
  const client = {
    attach: () => Promise.reject(new Error('nobody attaches')),
    runtimes: (_environment: unknown, { limit = 0 }: { limit?: number } = {}) =>
      new Promise<RuntimePage>((resolve) => {
        const runtimes = Array.from({ length: Math.min(limit, total) }, (_, n) => entry(n));
        const answer = async (): Promise<void> => {
          resolve({ runtimes, hasMore: total > limit });
          await clock.advance(0);
        };
        asked.push({ limit, answer });
      }),
  };
  const conversations = new Conversations(
    { client, clock, schedule: (draw) => draw(), noticed: () => false, isSeen: () => true },
    'env-1',
  );
  const listed = () => [conversations.entries.value?.length, conversations.older.value];
  return { clock, asked, conversations, listed };
}

it('lists the newest, then as many more as somebody wants, and keeps all of these up to date', async () => {
  const { clock, asked, conversations, listed } = bench(150);
  await asked[0]?.answer();
  expect(listed()).toEqual([LISTED_AT_ONCE, 'more']);
  void conversations.listMore();
  await asked[1]?.answer();
  expect(listed()).toEqual([150, 'none']);
  await clock.advance(10_000);
  expect(asked.map(({ limit }) => limit)).toEqual([100, 200, 200]);
  conversations.close();
});

it('an answer for fewer that comes late takes none away', async () => {
  const { asked, conversations, listed } = bench(150);
  void conversations.listMore();
  await asked[1]?.answer();
  await asked[0]?.answer();
  expect(listed()).toEqual([150, 'none']);
  conversations.close();
});

it('says where there are more than a relay lists', async () => {
  const { asked, conversations, listed } = bench(2_000);
  for (let n = 0; n < 12; n++) void conversations.listMore();
  expect(asked.at(-1)?.limit).toBe(1_000);
  await asked.at(-1)?.answer();
  expect(listed()).toEqual([1_000, 'unlisted']);
  conversations.close();
});
