import { expect, it } from 'vitest';
import { listed } from './listed.js';

it.each([
  [undefined, ['a', 'b']],
  [
    ['default', 'c'],
    ['a', 'b', 'c'],
  ],
  [['c'], ['c']],
  [['none'], []],
])('%j is %j', (written, list) => {
  expect(listed(written, ['a', 'b'])).toEqual(list);
});
