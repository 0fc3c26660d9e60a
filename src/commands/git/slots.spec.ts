import { describe, expect, it } from 'vitest';
import { settle } from '../../../test/kit/manual-clock.js';
import { Slots } from './slots.js';

describe('Slots', () => {
  it('runs at most so much at once, the rest in order, also after a failure', async () => {
    const slots = new Slots(2);
    const begun: number[] = [];
    const ends: { resolve: () => void; reject: (error: Error) => void }[] = [];
    const work = (n: number) => () => {
      begun.push(n);
      return new Promise<void>((resolve, reject) => ends.push({ resolve, reject }));
    };
    const all = [0, 1, 2, 3].map((n) => slots.run(work(n)));
    await settle();
    expect(begun).toEqual([0, 1]);
    ends[0]?.reject(new Error('no'));
    await expect(all[0]).rejects.toThrow('no');
    await settle();
    expect(begun).toEqual([0, 1, 2]);
    ends[2]?.resolve();
    ends[1]?.resolve();
    await Promise.all([all[1], all[2]]);
    await settle();
    expect(begun).toEqual([0, 1, 2, 3]);
    ends[3]?.resolve();
    await all[3];
    const last = slots.run(work(4));
    expect(begun).toEqual([0, 1, 2, 3, 4]);
    ends[4]?.resolve();
    await last;
  });
});
