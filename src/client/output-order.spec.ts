import fc from 'fast-check';
import { expect, it } from 'vitest';
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
      const order = new OutputOrder();
      let shown = '';
      for (const { text, offset } of [...noise, ...cut(again)]) shown += order.take(text, offset);
      expect(shown).toBe(parts.join(''));
      expect(order.received).toBe(bytesOf(shown));
    }),
  );
});
