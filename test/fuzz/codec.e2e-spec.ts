import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ChunkError, ChunkJoiner } from '../../src/channel/index.js';
import { typeOfText } from '../../src/channel/socket-observer.js';
import {
  type ChunkFrame,
  decodeFrame,
  encodeFrame,
  FrameError,
  isRecord,
  readChunk,
  readDelta,
} from '../../src/protocol/index.js';
import { corpusOf } from './corpus.js';
import { mutate, mutations } from './mutation.js';

const RUNS = { seed: 20_261_123, numRuns: 3_000 };
const FRAMES = corpusOf('listener', 'client', 'server', 'relay');
const texts = fc
  .tuple(fc.nat(FRAMES.length - 1), mutations)
  .map(([entry, list]) => mutate(`{"seq":1,${(FRAMES[entry] ?? '{}').slice(1)}`, list, FRAMES));

/** Undefined: refused, and the right way. */
function decoded(text: string) {
  try {
    return decodeFrame(text);
  } catch (error) {
    expect(error).toBeInstanceOf(FrameError);
    return undefined;
  }
}

it('C29 a text is one frame, the same to every reader, or refused', () => {
  fc.assert(
    fc.property(texts, (text) => {
      const frame = decoded(text);
      const delta = readDelta(text);
      if (delta) expect(frame).toMatchObject(delta);
      if (!frame) return;
      expect(frame).toEqual(JSON.parse(text));
      expect(typeOfText(text)).toBe(frame.type);
      expect(decodeFrame(encodeFrame(frame))).toEqual(JSON.parse(encodeFrame(frame)));
    }),
    RUNS,
  );
});

const LIMITS = { maxLength: 2_000, maxHeld: 4_000, maxOpen: 3 };
const chunks = fc.record({
  id: fc.constantFrom('a', 'b', 'c', 'd', '__proto__'),
  request: fc.constantFrom(undefined, undefined, 'mine', 'another', 'a'),
  index: fc.oneof({ weight: 5, arbitrary: fc.constant(-1) }, { weight: 1, arbitrary: fc.nat(3) }),
  last: fc.oneof({ weight: 3, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
  data: fc.oneof(fc.string({ unit: 'binary', maxLength: 20 }), fc.constant('x'.repeat(1_000)), fc.constant('')),
});

it('C29 chunks in any order join to what was sent under one name in order, or are refused, within their bounds', () => {
  fc.assert(
    fc.property(fc.array(chunks, { maxLength: 60 }), (sent) => {
      const joiner = new ChunkJoiner(LIMITS);
      const begun = new Map<string, string[]>();
      for (const { id, request, index, last, data } of sent) {
        const name = JSON.stringify(request === undefined ? { id } : { request });
        // -1 stands for the index that is to come.
        const next = index < 0 ? (begun.get(name)?.length ?? 0) : index;
        const chunk = chunkOf({
          id,
          index: next,
          last,
          data,
          ...(request === undefined ? {} : { request_id: request }),
        });
        if (next === 0) begun.delete(name);
        try {
          const text = joiner.take(chunk);
          const parts = [...(begun.get(name) ?? []), data];
          expect(next).toBe(parts.length - 1);
          expect(text).toBe(last ? parts.join('') : undefined);
          if (last) begun.delete(name);
          else begun.set(name, parts);
        } catch (error) {
          if (!(error instanceof ChunkError)) throw error;
          begun.delete(name);
        }
        const held = [...begun.values()].flat().join('').length;
        expect(begun.size).toBeLessThanOrEqual(LIMITS.maxOpen);
        expect(held).toBeLessThanOrEqual(LIMITS.maxHeld);
      }
    }),
    RUNS,
  );
});

function chunkOf(fields: object): ChunkFrame {
  const frame: unknown = { type: 'chunk', ...fields };
  const chunk = isRecord(frame) ? readChunk(frame) : undefined;
  if (!chunk) throw new Error('no chunk');
  return chunk;
}
