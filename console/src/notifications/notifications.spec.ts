import { expect, it } from 'vitest';
import type { RuntimeEntry } from 'twinlane/client';
import { ManualClock } from '../../../test/kit/manual-clock.js';
import { Attention } from './attention.store.js';
import { happeningsBetween, type Happening } from './happenings.js';
import { Notifier, type Notifications } from './notifier.store.js';

const runtime = { agent_id: null, conversation_id: 'c1' };
const entry = (loopStatus: string, pendingApprovals = 0): RuntimeEntry => ({
  runtime,
  events: 1,
  epoch: 'e',
  seq: 1,
  lastEventAt: null,
  loopStatus,
  pendingApprovals,
});

it.each([
  ['an approval that is new', entry('EXECUTING_COMMAND'), entry('WAITING_ON_APPROVAL', 1), ['approval']],
  ['one that waited already', entry('WAITING_ON_APPROVAL', 1), entry('WAITING_ON_APPROVAL', 1), []],
  ['a turn that ended', entry('EXECUTING_COMMAND'), entry('WAITING_ON_INPUT'), ['finished']],
  ['a turn that began', entry('WAITING_ON_INPUT'), entry('EXECUTING_COMMAND'), []],
])('%s', (_name, before, now, kinds) => {
  expect(happeningsBetween([before], [now]).map(({ kind }) => kind)).toEqual(kinds);
});

it('counts what waits, tells what is new, and goes on where the relay was away', async () => {
  const clock = new ManualClock();
  const told: Happening[] = [];
  let answer: readonly RuntimeEntry[] | undefined = [entry('EXECUTING_COMMAND', 1)];
  const client = {
    runtimes: async () => {
      if (!answer) throw new Error('away');
      return { runtimes: answer, hasMore: false };
    },
  };
  const attention = new Attention({ client, clock, tell: (one) => told.push(one), noticed: () => false }, 'env-1');
  const leave = attention.use();
  await clock.advance(0);
  expect([attention.waiting.value, told]).toEqual([1, []]);
  answer = undefined;
  await clock.advance(2_000);
  answer = [entry('WAITING_ON_INPUT')];
  await clock.advance(2_000);
  expect([attention.waiting.value, told]).toEqual([0, [{ kind: 'finished', runtime }]]);
  leave();
  answer = [entry('WAITING_ON_APPROVAL', 1)];
  await clock.advance(60_000);
  expect(told).toHaveLength(1);
});

/** @param answer what somebody says when the browser asks */
function browser(answer: NotificationPermission) {
  const items = new Map<string, string>();
  const shown: string[] = [];
  let permission: NotificationPermission = 'default';
  let asked = 0;
  const notifications: Notifications = {
    get permission() {
      return permission;
    },
    requestPermission: async () => {
      asked += 1;
      return (permission = answer);
    },
    show: (title) => void shown.push(title),
  };
  const storage = {
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
    removeItem: (key: string) => void items.delete(key),
  };
  return { notifications, storage, shown, asked: () => asked };
}

it('the browser is asked when somebody clicks, once, and the answer is kept', async () => {
  const { notifications, storage, shown, asked } = browser('granted');
  const notifier = new Notifier(notifications, storage);
  notifier.show('before', {}, () => {});
  expect([notifier.state.value, asked(), shown]).toEqual(['off', 0, []]);
  await notifier.toggle();
  notifier.show('now', {}, () => {});
  expect([notifier.state.value, asked(), shown]).toEqual(['on', 1, ['now']]);
  expect(new Notifier(notifications, storage).state.value).toBe('on');
  await notifier.toggle();
  await notifier.toggle();
  expect([notifier.state.value, asked()]).toEqual(['on', 1]);
});

it('one that refuses, one that has none, and one that throws show none', async () => {
  const { notifications, storage } = browser('denied');
  const refused = new Notifier(notifications, storage);
  await refused.toggle();
  expect(refused.state.value).toBe('refused');
  expect(new Notifier(undefined, storage).state.value).toBe('missing');
  const phone = browser('granted');
  const show = (): never => {
    throw new TypeError('Illegal constructor.');
  };
  const notifier = new Notifier({ ...phone.notifications, permission: 'granted', show }, phone.storage);
  await notifier.toggle();
  notifier.show('now', {}, () => {});
  expect(notifier.state.value).toBe('missing');
});
