import { expect, it } from 'vitest';
import { NumberRanges } from './number-ranges.js';

it('gives each number of a range out once', () => {
  const ranges = new NumberRanges();
  ranges.add(3, 5);
  ranges.add(9, 8);
  expect([4, 4, 3, 5, 5, 9].map((number) => ranges.take(number))).toEqual([true, false, true, true, false, false]);
});
