import fc from 'fast-check';
import { expect, it } from 'vitest';
import { HeightIndex } from './height-index.js';

it('knows what a plain list of heights knows', () => {
  const height = fc.integer({ min: 0, max: 300 });
  const step = fc.oneof(
    fc.record({ push: height }),
    fc.record({ set: height, row: fc.nat(60) }),
    fc.record({ truncate: fc.nat(60) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
      const index = new HeightIndex();
      const plain: number[] = [];
      for (const change of steps) {
        if ('push' in change) {
          index.push(change.push);
          plain.push(change.push);
        } else if ('set' in change) {
          index.set(change.row, change.set);
          if (change.row < plain.length) plain[change.row] = change.set;
        } else {
          index.truncate(change.truncate);
          plain.length = Math.min(plain.length, change.truncate);
        }
      }
      const begins = plain.map((_, row) => plain.slice(0, row).reduce((sum, one) => sum + one, 0));
      expect(index.length).toBe(plain.length);
      expect(index.total).toBe(plain.reduce((sum, one) => sum + one, 0));
      for (const [row, begin] of begins.entries()) expect(index.offsetOf(row)).toBe(begin);
      for (let offset = 0; offset <= index.total + 50; offset += 37)
        expect(index.rowAt(offset)).toBe(
          Math.max(
            0,
            begins.findLastIndex((begin) => begin <= offset),
          ),
        );
    }),
    { seed: 7, numRuns: 200 },
  );
});
