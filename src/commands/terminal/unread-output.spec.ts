import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UnreadOutput } from './unread-output.js';

const texts = fc.array(fc.string({ unit: 'binary', maxLength: 20 }), { maxLength: 20 });

function outputOf(pieces: readonly string[]): UnreadOutput {
  const output = new UnreadOutput();
  for (const piece of pieces) output.append(piece);
  return output;
}

describe('UnreadOutput', () => {
  it('C34 gives everything from any offset on, in pieces of any size, and cuts no character', () => {
    const sizes = fc.integer({ min: 4, max: 30 });
    fc.assert(
      fc.property(texts, fc.nat(400), sizes, (pieces, start, size) => {
        const output = outputOf(pieces);
        const whole = Buffer.from(pieces.join(''));
        const from = output.clamp(start);
        let text = '';
        let at = from;
        for (let piece = output.after(at, size); piece; piece = output.after(at, size)) {
          expect(piece.offset).toBe(at);
          expect(piece.end).toBe(at + Buffer.byteLength(piece.text));
          expect(Buffer.byteLength(piece.text)).toBeLessThanOrEqual(size);
          text += piece.text;
          at = piece.end;
        }
        expect(text).toBe(whole.subarray(from).toString());
        expect(from).toBeLessThanOrEqual(start);
        expect(start - from).toBeLessThan(whole.length < start ? Infinity : 4);
      }),
      { seed: 1 },
    );
  });

  it('C10 keeps what was not read, whatever is acknowledged in whatever order', () => {
    fc.assert(
      fc.property(texts, fc.array(fc.nat(500)), (pieces, acknowledged) => {
        const output = outputOf(pieces);
        const { end } = output;
        let start = 0;
        for (const offset of acknowledged) {
          output.read(offset);
          expect(output.start).toBeGreaterThanOrEqual(start);
          start = output.start;
        }
        expect(output.end).toBe(end);
        expect(output.bytes).toBe(end - start);
        const whole = Buffer.from(pieces.join(''));
        expect(output.after(0, Infinity)?.text ?? '').toBe(whole.subarray(start).toString());
      }),
      { seed: 1 },
    );
  });
});
