import { expect, it } from 'vitest';
import type { LimitName } from '../access/limit-name.js';
import { MemoryJournal } from '../../journal/index.js';
import { Runtimes } from './runtimes.js';

const runtime = (name: string) => ({ agent_id: null, conversation_id: name });

function runtimesOf(maxRuntimes: number, maxBytes = Infinity) {
  const journal = new MemoryJournal({ maxBytes });
  const limits: LimitName[] = [];
  const observer = { limited: (limit: LimitName) => void limits.push(limit) };
  const runtimes = new Runtimes(journal, { maxRuntimes, maxEpochsPerRuntime: 3 }, observer);
  const append = (name: string, seq: number) => {
    const record = runtimes.ofDevice(runtime(name));
    runtimes.touch(record);
    void record.history.append({ epoch: 'e1', seq }, 'stream_delta', '{}');
    return record;
  };
  return { runtimes, append, journal, limits };
}

it('lets the history of the runtime go that was silent longest and has no reader; names stay known', () => {
  const { append } = runtimesOf(2);
  const [a, b] = [append('a', 1), append('b', 1)];
  a.history.subscribe({ position: 0, wake: () => {} });
  append('c', 1);
  expect(a.history.keepsAfter(0)).toBe(true);
  expect(b.history.keepsAfter(0)).toBe(false);
  expect(b.history.lastOf('e1')).toBe(1);
});

it('lets histories that nobody reads go while all of them together are too large', () => {
  const { append } = runtimesOf(9, '{}'.length * 3);
  const [a, b] = [append('a', 1), append('b', 1)];
  a.history.subscribe({ position: 0, wake: () => {} });
  const c = append('c', 1);
  append('d', 1);
  expect([a, b, c].map(({ history }) => history.keepsAfter(0))).toEqual([true, false, true]);
});

it('forgets what only clients ever asked for, once nobody follows it', () => {
  const { runtimes, append } = runtimesOf(2);
  append('real', 1);
  const stop = runtimes.of(runtime('followed')).history.subscribe({ position: 0, wake: () => {} });
  runtimes.of(runtime('left'));
  runtimes.prune();
  expect([...runtimes].map((record) => record.runtime.conversation_id)).toEqual(['real', 'followed']);
  stop();
  runtimes.prune();
  expect(runtimes.known(runtime('followed'))).toBeUndefined();
});

it('C36 a new runtime with each event fills nothing: histories go first, then names; what is read stays', () => {
  const { runtimes, append, journal, limits } = runtimesOf(10);
  append('read', 1).history.subscribe({ position: 0, wake: () => {} });
  for (let i = 0; i < 1_000; i++) append(`r${i}`, 1);
  expect([...runtimes].length).toBe(20);
  expect(journal.runtimes().length).toBe(20);
  expect(runtimes.known(runtime('read'))?.history.keepsAfter(0)).toBe(true);
  expect(runtimes.known(runtime('r999'))?.history.keepsAfter(0)).toBe(true);
  expect(runtimes.known(runtime('r985'))?.history.lastOf('e1')).toBe(1);
  expect(runtimes.known(runtime('r0'))).toBeUndefined();
  expect(new Set(limits)).toEqual(new Set(['runtimes', 'runtime-names']));
  append('r0', 2);
  expect(runtimes.known(runtime('r0'))?.history.newest).toEqual({ epoch: 'e1', seq: 2 });
});

it('C36 runtimes that a device only announces fill nothing either', () => {
  const { runtimes } = runtimesOf(10);
  for (let i = 0; i < 1_000; i++) runtimes.ofDevice(runtime(`r${i}`));
  expect([...runtimes].length).toBe(20);
});
