import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeBatch,
  decodeFrame,
  encodeFrame,
  FrameError,
  type FrameFault,
  isBatch,
  MAX_FRAME_DEPTH,
  withoutSeq,
  withSeq,
} from './codec.js';

const faultOf = (text: string, isBinary = false, maxDepth?: number): FrameFault | undefined => {
  try {
    decodeFrame(text, isBinary, maxDepth === undefined ? {} : { maxDepth });
    return undefined;
  } catch (error) {
    if (error instanceof FrameError) return error.fault;
    throw error;
  }
};

const catchFault = (text: string): unknown => {
  try {
    return decodeFrame(text);
  } catch (error) {
    return error;
  }
};

describe('decodeBatch', () => {
  it('reads the frames of a batch in order', () => {
    const text = '[{"seq":1,"type":"a"},{"seq":2,"type":"b","x":[]}]';
    expect(isBatch(text)).toBe(true);
    expect(decodeBatch(text)).toEqual([
      { seq: 1, type: 'a' },
      { seq: 2, type: 'b', x: [] },
    ]);
    expect(isBatch('{"type":"a"}')).toBe(false);
  });

  it.each([
    ['[{"type":"a"}', 'NOT_JSON'],
    ['[{"type":"a"},7]', 'NOT_OBJECT'],
    ['[{"type":"a"},[{"type":"b"}]]', 'NOT_OBJECT'],
    ['[{"type":7}]', 'NOT_OBJECT'],
    ['[{"type":""}]', 'NOT_OBJECT'],
    ['[]', 'NOT_OBJECT'],
    ['{"type":"a"}', 'NOT_OBJECT'],
  ])('C29 refuses %s', (text, fault) => {
    expect(() => decodeBatch(text)).toThrow(expect.objectContaining({ fault, breaksFraming: true }));
  });

  it('C29 takes frames that are as deep as one alone may be, and no deeper', () => {
    // The frame itself is one level.
    const nested = (levels: number): string => `[{"type":"a","x":${'['.repeat(levels)}${']'.repeat(levels)}}]`;
    expect(decodeBatch(nested(MAX_FRAME_DEPTH - 1))).toHaveLength(1);
    expect(() => decodeBatch(nested(MAX_FRAME_DEPTH))).toThrow(expect.objectContaining({ fault: 'TOO_DEEP' }));
    expect(() => decodeFrame(nested(MAX_FRAME_DEPTH).slice(1, -1))).toThrow(
      expect.objectContaining({ fault: 'TOO_DEEP' }),
    );
  });
});

describe('decodeFrame', () => {
  it.each<[string, string, FrameFault | undefined]>([
    ['a frame', '{"type":"ping"}', undefined],
    ['text that is no JSON', 'not json', 'NOT_JSON'],
    ['an array', '[{"type":"ping"}]', 'NOT_OBJECT'],
    ['null', 'null', 'NOT_OBJECT'],
    ['no type', '{"a":1}', 'NO_TYPE'],
    ['a type that is no text', '{"type":3}', 'NO_TYPE'],
    ['a repeated key', '{"type":"a","x":1,"type":"b"}', 'REPEATED_KEY'],
    ['a key repeated in another spelling', '{"type":"a","\\u0074ype":"b"}', 'REPEATED_KEY'],
    ['a key repeated further down', '{"type":"a","x":{"type":"b"},"y":[{"type":"c"}]}', undefined],
    ['strings with quotes, colons and brackets', '{"type":"a","x":"\\\\\\"}:{[","y":"\\\\"}', undefined],
  ])('C29 reads %s', (_name, text, fault) => {
    expect(faultOf(text)).toBe(fault);
  });

  it('C29 refuses binary messages and nesting beyond the bound', () => {
    expect(faultOf('', true)).toBe('BINARY');
    expect(faultOf(`{"type":"a","x":${'['.repeat(5)}${']'.repeat(5)}}`, false, 5)).toBe('TOO_DEEP');
    expect(faultOf(`{"type":"a","x":${'['.repeat(4)}${']'.repeat(4)}}`, false, 5)).toBeUndefined();
  });

  it('C29 reads on in a frame that is too deep or too large, to say whose it was and to refuse a repeated key', () => {
    const deep = '['.repeat(200) + ']'.repeat(200);
    const error = catchFault(`{"x":${deep},"type":"a","request_id":"r"}`);
    expect(error).toMatchObject({ fault: 'TOO_DEEP', breaksFraming: false, value: { type: 'a', request_id: 'r' } });
    expect(faultOf(`{"x":${deep},"type":"a","type":"b"}`)).toBe('REPEATED_KEY');
    const text = '{"type":"ä"}';
    expect(() => decodeFrame(text, false, { maxBytes: text.length })).toThrow('larger than 12 bytes');
    expect(decodeFrame(text, false, { maxBytes: text.length + 1 })).toEqual({ type: 'ä' });
  });

  it('reads back every frame it wrote, with and without a number', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue()),
        fc.string({ minLength: 1 }),
        fc.nat(),
        (fields, type, seq) => {
          const frame = { ...fields, type };
          delete (frame as Record<string, unknown>)['seq'];
          const text = encodeFrame(frame);
          expect(decodeFrame(text)).toEqual(JSON.parse(text));
          expect(decodeFrame(withSeq(text, seq))).toEqual({ ...(JSON.parse(text) as object), seq });
          expect(withoutSeq(withSeq(text, seq), seq)).toBe(text);
          expect(withoutSeq(text, undefined)).toBe(text);
        },
      ),
      { seed: 1 },
    );
  });

  it.each([
    ['behind another field', '{"type":"a","seq":1}', 1],
    ['in other words', '{"seq":1.0,"type":"a"}', 1],
    ['after a space', '{ "seq":1,"type":"a"}', 1],
    ['of another value', '{"seq":12,"type":"a"}', 1],
    ['that is no number', '{"seq":"1","type":"a"}', '1'],
    ['before which there is a space', ' {"type":"a"}', undefined],
  ])('leaves a number alone %s', (_what, text, seq) => {
    expect(withoutSeq(text, seq)).toBeUndefined();
  });
});
