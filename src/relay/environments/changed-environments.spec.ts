import { expect, it } from 'vitest';
import { ChangedEnvironments, CHANGES_KEPT } from './changed-environments.js';

const US = 'us';
const told = (changed: ChangedEnvironments, cursor: string, limit = 100) =>
  changed.since(cursor, US, limit)?.map(({ id, gone }) => (gone ? `${id} was ${gone.connectionName}` : id));

it('tells each that has changed once, the newest change last', () => {
  const changed = new ChangedEnvironments();
  const begin = changed.cursorAt(US);
  expect(told(changed, begin)).toEqual([]);
  for (const id of ['a', 'b', 'a', 'c', 'a']) changed.note(id);
  expect(told(changed, begin)).toEqual(['b', 'c', 'a']);
  expect(told(changed, changed.cursorAt(US))).toEqual([]);
});

it('goes on behind what was told', () => {
  const changed = new ChangedEnvironments();
  const begin = changed.cursorAt(US);
  for (const id of ['a', 'b', 'c']) changed.note(id);
  const [, second] = changed.since(begin, US, 2) ?? [];
  expect(told(changed, changed.cursorAt(US, second?.number))).toEqual(['c']);
});

it('tells what one that is gone was, under each of its names', () => {
  const changed = new ChangedEnvironments();
  const begin = changed.cursorAt(US);
  const one = { id: 'a', organizationId: 'default' };
  changed.note('a');
  changed.gone({ ...one, connectionName: 'old' });
  changed.gone({ ...one, connectionName: 'new' });
  expect(told(changed, begin)).toEqual(['a', 'a was old', 'a was new']);
});

it('forgets the oldest, and knows that it has', () => {
  const changed = new ChangedEnvironments();
  const begin = changed.cursorAt(US);
  for (let n = 0; n < CHANGES_KEPT; n++) changed.note(`env-${n}`);
  expect(told(changed, begin, CHANGES_KEPT)).toHaveLength(CHANGES_KEPT);
  const full = changed.cursorAt(US);
  changed.note('one more');
  expect([told(changed, begin), told(changed, full)]).toEqual([undefined, ['one more']]);
});

it.each(['', 'x', '...', 'ffffffff.0.us', '1e3'])('knows nothing since %j', (cursor) => {
  expect(told(new ChangedEnvironments(), cursor)).toBeUndefined();
});

it('a cursor is of use to nobody else, and not before its time', () => {
  const changed = new ChangedEnvironments();
  expect(changed.since(changed.cursorAt('others'), US, 1)).toBeUndefined();
  expect(told(changed, changed.cursorAt(US, 1))).toBeUndefined();
  expect(told(changed, `${changed.cursorAt(US)}0`)).toBeUndefined();
});

it('tells its observer of what this process changes, and not of what others do', () => {
  const changed = new ChangedEnvironments();
  const begin = changed.cursorAt(US);
  const seen: unknown[] = [];
  changed.observe({ changed: (id, gone) => void seen.push([id, gone?.connectionName]) });
  const was = { id: 'b', organizationId: 'default', connectionName: 'old' };
  changed.note('a');
  changed.gone(was);
  changed.heard('c');
  changed.heard('b', { ...was, connectionName: 'older' });
  expect(seen).toEqual([
    ['a', undefined],
    ['b', 'old'],
  ]);
  expect(told(changed, begin)).toEqual(['a', 'b was old', 'c', 'b was older']);
});

it('knows of nothing before it has missed something', () => {
  const changed = new ChangedEnvironments();
  changed.note('a');
  const before = changed.cursorAt(US);
  changed.forget();
  expect(told(changed, before)).toBeUndefined();
  const begin = changed.cursorAt(US);
  changed.note('b');
  expect([told(changed, before), told(changed, begin)]).toEqual([undefined, ['b']]);
});
