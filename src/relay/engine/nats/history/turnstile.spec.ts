import { expect, it } from 'vitest';
import { settle } from '../../../../../test/kit/manual-clock.js';
import { Turnstile } from './turnstile.js';

it('lets so many in at once, and the others in the order in which they came, whatever becomes of those inside', async () => {
  const turnstile = new Turnstile(2);
  const begun: number[] = [];
  const ends: ((failure?: Error) => void)[] = [];
  const work = (n: number) => () =>
    new Promise<number>((resolve, reject) => {
      begun.push(n);
      ends[n] = (failure) => (failure ? reject(failure) : resolve(n));
    });
  const results = [0, 1, 2, 3, 4].map((n) => turnstile.pass(work(n)));
  const failed = results[1]?.catch((error: Error) => error.message);
  await settle();
  expect(begun).toEqual([0, 1]);
  ends[1]?.(new Error('away'));
  expect(await failed).toBe('away');
  await settle();
  expect(begun).toEqual([0, 1, 2]);
  ends[0]?.();
  ends[2]?.();
  await settle();
  expect(begun).toEqual([0, 1, 2, 3, 4]);
  ends[3]?.();
  ends[4]?.();
  expect(await Promise.all([results[0], ...results.slice(2)])).toEqual([0, 2, 3, 4]);
  expect(await turnstile.pass(async () => 'one more')).toBe('one more');
});
