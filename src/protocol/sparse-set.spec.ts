import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SparseSet } from './sparse-set.js';

describe('SparseSet', () => {
  it('holds what a Set holds, in its order', () => {
    const step = fc.record({ do: fc.constantFrom('add', 'delete'), value: fc.nat({ max: 4 }) });
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const [sparse, set] = [new SparseSet<number>(), new Set<number>()];
        for (const each of steps) {
          if (each.do === 'add') for (const one of [sparse, set]) one.add(each.value);
          else expect(sparse.delete(each.value)).toBe(set.delete(each.value));
          expect([...sparse]).toEqual([...set]);
          expect(sparse.size).toBe(set.size);
        }
      }),
      { seed: 1 },
    );
  });
});
