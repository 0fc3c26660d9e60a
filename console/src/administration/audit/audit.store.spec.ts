import { signal } from '@preact/signals';
import { expect, it } from 'vitest';
import type { AuditEntry, AuditFilter, AuditPage } from 'twinlane/client';
import { ManualClock } from '../../../../test/kit/manual-clock.js';
import { groupLimits } from '../limit-groups.js';
import { NEW_DRAFT, requestOf } from '../tokens/token-draft.js';
import { AuditStore, EVERYTHING } from './audit.store.js';

const entry = (id: number): AuditEntry => ({
  id: `a${id}`,
  time: new Date(id * 1_000).toISOString(),
  kind: 'command',
  organizationId: 'default',
  tokenId: 'tok-1',
  tokenName: null,
  address: null,
  environmentId: null,
  environmentName: null,
  runtime: null,
  details: {},
});

/** @param newest ids of the log count up from 1 to this; a page holds three */
function bench(newest: number) {
  const clock = new ManualClock();
  const visible = signal(true);
  const log = { newest, fails: undefined as Error | undefined };
  const asked: AuditFilter[] = [];
  const audit = async (filter: AuditFilter): Promise<AuditPage> => {
    asked.push(filter);
    if (log.fails) throw log.fails;
    const from = filter.before === undefined ? log.newest : Number(filter.before);
    const entries = [from, from - 1, from - 2].filter((id) => id > 0).map(entry);
    return { entries, next: from > 3 ? String(from - 3) : null };
  };
  const store = new AuditStore({ audit, clock, visible, noticed: () => false });
  return { clock, visible, log, asked, store, ids: () => store.entries.value?.map(({ id }) => id) };
}

it('shows a page, what is older when somebody asks, and what comes meanwhile on top', async () => {
  const { clock, store, log, ids } = bench(5);
  store.use();
  await clock.advance(0);
  expect([ids(), store.hasOlder]).toEqual([['a5', 'a4', 'a3'], true]);
  await store.showOlder();
  expect([ids(), store.hasOlder]).toEqual([['a5', 'a4', 'a3', 'a2', 'a1'], false]);
  log.newest = 7;
  await clock.advance(3_000);
  expect(ids()).toEqual(['a7', 'a6', 'a5', 'a4', 'a3', 'a2', 'a1']);
});

it('where more came than a page holds it begins anew, without a hole', async () => {
  const { clock, store, log, ids } = bench(5);
  store.use();
  await clock.advance(0);
  log.newest = 20;
  await clock.advance(3_000);
  expect([ids(), store.hasOlder]).toEqual([['a20', 'a19', 'a18'], true]);
});

it('another filter begins anew; nothing is asked while nobody sees it', async () => {
  const { clock, store, visible, asked } = bench(2);
  const leave = store.use();
  await clock.advance(0);
  store.wanted.value = { ...EVERYTHING, kind: 'approval', environment: ' laptop ' };
  await clock.advance(0);
  expect(asked.at(-1)).toMatchObject({ kind: 'approval', environment: 'laptop', token: undefined });
  visible.value = false;
  const before = asked.length;
  await clock.advance(60_000);
  expect(asked).toHaveLength(before);
  visible.value = true;
  await clock.advance(0);
  expect(asked).toHaveLength(before + 1);
  leave();
  await clock.advance(60_000);
  expect(asked).toHaveLength(before + 1);
});

it('what the relay says is shown, what there was stays, and it is asked again', async () => {
  const { clock, store, log, ids } = bench(1);
  store.use();
  await clock.advance(0);
  log.fails = new Error('This token reads the audit log too fast.');
  await clock.advance(3_000);
  expect([store.error.value, ids()]).toEqual(['This token reads the audit log too fast.', ['a1']]);
  log.fails = undefined;
  await clock.advance(3_000);
  expect(store.error.value).toBeUndefined();
});

it('a draft becomes what the relay is asked for', () => {
  const client = { ...NEW_DRAFT, name: ' ada ', environments: 'ci-*, web', mayApprove: true, expiry: 'day' } as const;
  expect(requestOf(client, 0)).toEqual({
    name: 'ada',
    role: 'client',
    environments: ['ci-*', 'web'],
    access: 'steer',
    mayApprove: true,
    expiresAt: 86_400_000,
  });
  expect(requestOf({ ...client, access: 'watch' }, 0).mayApprove).toBe(false);
  expect(requestOf({ ...client, role: 'device', expiry: 'never', environments: '' }, 0)).toEqual({
    name: 'ada',
    role: 'device',
  });
});

it('limits are in words, each where it belongs', () => {
  const { token, address, client, relay } = groupLimits({
    listenerSocketsPerToken: 4_000,
    addressUpgradeBurst: 20_000,
    commandsPerSecond: 200,
    longestWaitMs: 300_000,
  });
  expect(token).toEqual([
    {
      name: 'listenerSocketsPerToken',
      words: 'listener sockets',
      value: '4,000',
      option: '--listener-sockets-per-token',
    },
  ]);
  expect(address.map(({ words, value }) => [words, value])).toEqual([['upgrades at once', '20,000']]);
  expect(client.map(({ words, value }) => [words, value])).toEqual([['commands', '200 per second']]);
  expect(relay.map(({ value }) => value)).toEqual(['300 s']);
});
