import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SparseMap } from './sparse-map.js';

describe('SparseMap', () => {
  it('holds what a Map holds, in its order', () => {
    const key = fc.nat({ max: 4 });
    const step = fc.oneof(
      fc.record({ do: fc.constant('set' as const), key, value: fc.nat() }),
      fc.record({ do: fc.constant('delete' as const), key }),
      fc.record({ do: fc.constant('clear' as const) }),
    );
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const [sparse, map] = [new SparseMap<number, number>(), new Map<number, number>()];
        for (const each of steps) {
          if (each.do === 'set') for (const one of [sparse, map]) one.set(each.key, each.value);
          else if (each.do === 'delete') expect(sparse.delete(each.key)).toBe(map.delete(each.key));
          else for (const one of [sparse, map]) one.clear();
          expect([...sparse]).toEqual([...map]);
          expect([...sparse.keys()]).toEqual([...map.keys()]);
          expect([...sparse.values()]).toEqual([...map.values()]);
          expect([sparse.size, sparse.get(1), sparse.has(1)]).toEqual([map.size, map.get(1), map.has(1)]);
        }
      }),
      { seed: 1 },
    );
  });
});
