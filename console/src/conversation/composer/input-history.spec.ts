import { beforeEach, expect, it } from 'vitest';
import { InputHistory } from './input-history.js';

let kept: Map<string, string>;
let history: InputHistory;

function open(): InputHistory {
  return new InputHistory(
    { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => void kept.set(key, value) },
    'env-1',
  );
}

beforeEach(() => {
  kept = new Map();
  history = open();
});

it('goes back and forth, and gives back what was being typed', () => {
  for (const line of ['one', 'two', 'two', ' ']) history.add(line);
  expect(history.older('dra')).toBe('two');
  expect(history.older('two')).toBe('one');
  expect(history.older('one')).toBeUndefined();
  expect(history.newer()).toBe('two');
  expect(history.newer()).toBe('dra');
  expect(history.newer()).toBeUndefined();
});

it('begins at the end again when somebody types', () => {
  history.add('one');
  history.add('two');
  history.older('');
  history.older('two');
  history.typed();
  expect(history.older('one more')).toBe('two');
  expect(history.newer()).toBe('one more');
});

it('knows what was typed before the page was loaded again', () => {
  history.add('one');
  expect(open().older('')).toBe('one');
  kept.set('env-1', 'no JSON');
  expect(open().older('')).toBeUndefined();
});
