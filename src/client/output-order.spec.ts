import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OutputOrder } from './output-order.js';

const bytesOf = (text: string): number => new TextEncoder().encode(text).length;

/** A text in pieces with their offsets. */
function cut(pieces: readonly string[]): { readonly text: string; readonly offset: number }[] {
  let offset = 0;
  return pieces.map((text) => {
    const piece = { text, offset };
    offset += bytesOf(text);
    return piece;
  });
}

const pieces = fc.array(fc.string({ unit: 'binary', minLength: 1, maxLength: 8 }), { maxLength: 12 });

const SEED = 1_010;

it('C10 shows every byte once and in order, however often and however cut a relay sends it', () => {
  const plan = pieces.chain((parts) => {
    const whole = parts.join('');
    // The same text cut otherwise: characters are whole in each.
    const other = fc.integer({ min: 1, max: 5 }).map((size) => {
      const characters = Array.from(whole);
      return Array.from({ length: Math.ceil(characters.length / size) }, (_, i) =>
        characters.slice(i * size, (i + 1) * size).join(''),
      );
    });
    const noise = other.chain((again) => fc.shuffledSubarray([...cut(parts), ...cut(again)]));
    return fc.tuple(fc.constant(parts), noise, other);
  });
  fc.assert(
    fc.property(plan, ([parts, noise, again]) => {
      const order = new OutputOrder(10_000);
      let shown = '';
      for (const { text, offset } of [...noise, ...cut(again)]) shown += order.take(text, offset).text;
      expect(shown).toBe(parts.join(''));
      expect(order.received).toBe(bytesOf(shown));
    }),
    { seed: SEED },
  );
});

describe('beyond what may come too early', () => {
  it('leaves out what did not come, and says how much that is', () => {
    const order = new OutputOrder(6);
    expect(order.take('ab', 0)).toEqual({ missing: 0, text: 'ab' });
    expect(order.take('gh', 6)).toEqual({ missing: 0, text: '' });
    expect(order.take('éf', 10)).toEqual({ missing: 0, text: '' });
    expect(order.take('xy', 20)).toEqual({ missing: 4, text: 'gh' });
    expect(order.take('cdef', 2)).toEqual({ missing: 0, text: '' });
    expect(order.take('ij', 8)).toEqual({ missing: 0, text: 'ijéf' });
    expect(order.received).toBe(13);
  });

  it('takes it in pieces of any size', () => {
    const most = 200_000;
    const order = new OutputOrder(most);
    for (let offset = 1; offset <= most; offset++) order.take('x', offset);
    expect(order.take('x', most + 1)).toEqual({ missing: 1, text: 'x'.repeat(most + 1) });
  });

  it('counts what comes again once, the longest', () => {
    const order = new OutputOrder(6);
    for (const text of ['gh', 'ghi', 'gh', 'ghi']) expect(order.take(text, 6).missing).toBe(0);
    expect(order.take('abcdef', 0).text).toBe('abcdefghi');
  });
});
