import { expect, it } from 'vitest';
import { Places } from './places.js';

it('gives each key so many places, and a place again once one is given back', () => {
  const places = new Places(2);
  expect([places.take('a'), places.take('a'), places.take('a'), places.take('b')]).toEqual([true, true, false, true]);
  places.release('a');
  expect([places.take('a'), places.take('a')]).toEqual([true, false]);
});

it('gives no more places than there are where one is given back that nobody had', () => {
  const places = new Places(1);
  places.release('a');
  expect([places.take('a'), places.take('a')]).toEqual([true, false]);
});
