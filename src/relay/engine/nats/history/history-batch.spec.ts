import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeBatch, encodeBatch, type BatchEntry } from './history-batch.js';
import { decodeLabel, encodeLabel, PartJoiner, partsOf } from './message-parts.js';

const runtime = { agent_id: null, conversation_id: 'ü "c"\n' };
const entry: fc.Arbitrary<BatchEntry> = fc
  .record({
    seq: fc.integer({ min: 1, max: 1e9 }),
    type: fc.string({ unit: 'grapheme' }),
    frame: fc.option(fc.string({ unit: 'grapheme' }), { nil: undefined }),
    keep: fc.option(fc.string(), { nil: undefined }),
    keepText: fc.option(fc.string({ unit: 'grapheme' }), { nil: undefined }),
    drop: fc.option(fc.string(), { nil: undefined }),
    more: fc.nat(9),
  })
  .map(({ more, ...rest }) =>
    rest.frame === undefined
      ? { seq: rest.seq, through: rest.seq + more, type: rest.type, frame: undefined }
      : { ...rest, through: rest.seq },
  );
const options = { numRuns: 200, seed: 20_261_123 };

describe('a batch', () => {
  it('is read as it was written, whole or in parts', () => {
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 20 }), fc.integer({ min: 1, max: 400 }), (entries, maxBytes) => {
        const batch = { runtime, epoch: 'é1', entries };
        const parts = partsOf(encodeBatch(batch), maxBytes);
        expect(parts.every(({ length }) => length <= maxBytes)).toBe(true);
        const joiner = new PartJoiner();
        const wholes = parts.map((data, index) =>
          joiner.add({ label: { term: 1, part: index + 1, parts: parts.length }, data }),
        );
        expect(wholes.slice(0, -1).every((whole) => whole === undefined)).toBe(true);
        const whole = wholes.at(-1);
        expect(whole && decodeBatch(whole)).toEqual(batch);
      }),
      options,
    );
  });
});

describe('PartJoiner', () => {
  const events = { epoch: 'e1', first: 1, last: 9 };
  const part = (text: string, number: number, parts: number, term = 1): Parameters<PartJoiner['add']>[0] => ({
    label: { term, part: number, parts, events },
    data: Buffer.from(text),
  });

  it('lets go of what was begun and not ended', () => {
    const joiner = new PartJoiner();
    for (const torn of [part('a', 1, 3), part('b', 2, 3)]) expect(joiner.add(torn)).toBeUndefined();
    expect(joiner.add(part('x', 1, 2))).toBeUndefined();
    expect(joiner.add(part('y', 2, 2))?.toString()).toBe('xy');
    expect(joiner.add(part('c', 3, 3))).toBeUndefined();
  });

  it('takes no part of another whole, and nothing from strangers', () => {
    const joiner = new PartJoiner();
    joiner.add(part('a', 1, 2));
    expect(joiner.add(part('b', 2, 2, 2))).toBeUndefined();
    expect(joiner.add({ label: undefined, data: Buffer.from('b') })).toBeUndefined();
    expect(joiner.add(part('b', 2, 2))?.toString()).toBe('ab');
  });
});

describe('a label', () => {
  it('is read as it was written, and has no end of a line in it', () => {
    const label = { term: 3, part: 1, parts: 2, events: { epoch: 'a\r\nb: c', first: 1, last: 2 } };
    const text = encodeLabel(label);
    expect(text).not.toMatch(/[\r\n]/);
    expect(decodeLabel(text)).toEqual(label);
  });

  it.each(['', 'null', '{}', '{"term":1}', '[]', 'x'])('is not %o', (text) => {
    expect(decodeLabel(text)).toBeUndefined();
  });
});
