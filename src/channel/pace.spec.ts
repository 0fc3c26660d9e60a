import { expect, it } from 'vitest';
import { Pace } from './pace.js';

it('lets one burst leave at once, and then as much as the time between', () => {
  const pace = new Pace(3);
  let now = 1_000;
  const sendAll = (): number => {
    let bytes = 0;
    for (; pace.waitMs(now) === 0; bytes += 100) pace.sent(100, 100, now);
    return bytes;
  };
  expect(sendAll()).toBe(400);
  expect(pace.waitMs(now)).toBe(1);
  now += 2;
  expect(sendAll()).toBe(200);
  // Time in which nothing was sent is not made up for.
  now += 1_000;
  expect(sendAll()).toBe(400);
});
