import { expect, it } from 'vitest';
import { entryForKey } from './list-keys.js';
import { duration, timeAgo } from './time-ago.js';

it.each([
  ['ArrowDown', -1, 0],
  ['j', 0, 1],
  ['ArrowDown', 2, 2],
  ['ArrowUp', 1, 0],
  ['k', 0, 0],
  ['Home', 2, 0],
  ['End', 0, 2],
  ['x', 1, undefined],
])('%s from %d goes to %s', (key, at, to) => {
  expect(entryForKey(key, at, 3)).toBe(to);
});

it('an empty list has nothing to go to', () => {
  expect(entryForKey('ArrowDown', -1, 0)).toBeUndefined();
});

it.each([
  [-1, '0 s'],
  [59_999, '59 s'],
  [60_000, '1 min'],
  [3_600_000, '1 h'],
  [200_000_000, '2 d'],
])('%d ms are %s', (ms, text) => {
  expect(duration(ms)).toBe(text);
});

it('what has just been is not counted', () => {
  expect(timeAgo(0, 4_999)).toBe('just now');
  expect(timeAgo(0, 5_000)).toBe('5 s ago');
});
