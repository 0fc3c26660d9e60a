import { expect, it } from 'vitest';
import type { EnvironmentRecord } from 'twinlane/client';
import { environmentRecord } from '../../../test/kit/fake-client-relay.js';
import { Attention, waitingInAll } from './attention.store.js';
import { Notifier, type Notifications } from './notifier.store.js';

const moment = (at: number, conversation = 'c1') => ({
  runtime: { agent_id: null, conversation_id: conversation },
  at,
});
const environment = (fields: Partial<EnvironmentRecord> = {}): EnvironmentRecord => ({
  ...environmentRecord('env-1', 'laptop'),
  waitingApprovals: 0,
  ...fields,
});
const asking = (at: number, waitingApprovals = 1) => environment({ waitingApprovals, lastAsked: moment(at) });
const ended = (at: number) => environment({ lastTurnEnded: moment(at) });

/** @returns the kinds of what the last look finds */
function found(...looks: EnvironmentRecord[][]): string[] {
  const attention = new Attention();
  return looks.map((look) => attention.look(look).map(({ kind }) => kind)).at(-1) ?? [];
}

it.each([
  ['an approval that is new', [[environment()], [asking(5)]], ['approval']],
  ['one after another one, which was answered meanwhile', [[asking(5)], [asking(6)]], ['approval']],
  ['one that waited already', [[asking(5)], [asking(5)]], []],
  ['one that was answered already', [[environment()], [asking(5, 0)]], []],
  ['one of an environment that came meanwhile', [[], [asking(5)]], ['approval']],
  ['one that a relay knows again, which was restarted', [[asking(5)], [environment()], [], [asking(5)]], []],
  ['a turn that ended', [[environment()], [ended(7)]], ['finished']],
  ['a turn that had ended', [[ended(7)], [ended(7)]], []],
  ['an earlier one, which a relay learns of again', [[ended(7)], [environment()], [ended(6)]], []],
  [
    'both',
    [[environment()], [environment({ waitingApprovals: 1, lastAsked: moment(9, 'c2'), lastTurnEnded: moment(8) })]],
    ['approval', 'finished'],
  ],
  ['what there is at first', [[asking(5)]], []],
])('%s', (_name, looks, kinds) => {
  expect(found(...looks)).toEqual(kinds);
});

it('says where it was', () => {
  const attention = new Attention();
  attention.look([]);
  const one = environment({ waitingApprovals: 2, lastAsked: moment(9, 'c2') });
  expect(attention.look([one])).toEqual([{ kind: 'approval', environment: one, moment: moment(9, 'c2') }]);
});

it('counts what waits in all, but where nobody can answer', () => {
  const offline = environment({ connectionId: null, waitingApprovals: 4 });
  const { waitingApprovals: _unsaid, ...older } = environment();
  expect(waitingInAll([asking(1, 2), environment(), offline, older, asking(2)])).toBe(3);
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
