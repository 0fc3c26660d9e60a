import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CUT_MARK, encodeToFit } from './encode-to-fit.js';

const seal = (payload: object): object => ({ type: 't', ...payload, event_seq: 7 });
const cut = (payload: object, maxBytes: number) => JSON.parse(encodeToFit(payload, maxBytes, seal)) as object;

describe('encodeToFit', () => {
  it('leaves alone what fits, to the byte', () => {
    const payload = { text: 'ä'.repeat(100) };
    const bytes = Buffer.byteLength(JSON.stringify(seal(payload)));
    expect(cut(payload, bytes)).toEqual(seal(payload));
    expect(cut(payload, bytes - 1)).toMatchObject({ cut_bytes: expect.any(Number), event_seq: 7 });
  });

  it('cuts the largest text, says so, and keeps the rest', () => {
    const delta = { message_type: 'tool_return_message', id: 'x', tool_return: 'a\n'.repeat(5_000), stderr: 'short' };
    const result = cut({ delta }, 2_000) as { delta: typeof delta; cut_bytes: number };
    expect(result.delta).toMatchObject({ message_type: 'tool_return_message', id: 'x', stderr: 'short' });
    expect(result.delta.tool_return.endsWith(CUT_MARK)).toBe(true);
    expect(delta.tool_return.startsWith(result.delta.tool_return.slice(0, -CUT_MARK.length))).toBe(true);
    expect(result.cut_bytes).toBeGreaterThan(10_000);
  });

  it('leaves out the end of a list that has too many items', () => {
    const queue = Array.from({ length: 1_000 }, (_, index) => ({ id: `item-${index}` }));
    const result = cut({ queue }, 2_000) as { queue: typeof queue };
    expect(result.queue.length).toBeGreaterThan(50);
    expect(result.queue).toEqual(queue.slice(0, result.queue.length));
  });

  it('fits whatever comes, without halves of characters', () => {
    const payloads = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 }));
    fc.assert(
      fc.property(payloads, fc.string({ unit: 'grapheme', minLength: 300 }), (fields, text) => {
        const encoded = encodeToFit({ ...fields, text }, 600, seal);
        expect(Buffer.byteLength(encoded)).toBeLessThanOrEqual(600);
        expect(encoded).not.toMatch(/\\ud[89a-f]/);
      }),
      { seed: 1 },
    );
  });
});
