import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ChunkFrame, decodeFrame, encodeFrame, LARGE_FRAME_LENGTH, readChunk } from '../protocol/index.js';
import { ChunkError, ChunkJoiner } from './chunk-joiner.js';
import { ChunkSource } from './chunk-source.js';
import { ChunkingSource, ChunkSlots } from './chunking-source.js';
import { FairLine } from './fair-line.js';
import { FrameQueue } from './frame-queue.js';
import type { FrameSource } from './frame-source.js';
import { cutText, encodeInPieces } from './text-pieces.js';

const MIB = 1024 * 1024;
const lengths = fc.integer({ min: 1, max: 40 });
/** Any UTF-16, lone surrogates and pairs among it. */
const texts = fc.string({ unit: 'binary', maxLength: 300 });
const frames = fc.dictionary(fc.string(), fc.oneof(texts, fc.jsonValue()), { maxKeys: 6 });

function chunkOf(text: string): ChunkFrame {
  const chunk = readChunk(decodeFrame(text));
  if (!chunk) throw new Error(`no chunk: ${text}`);
  return chunk;
}

function takeAll(source: FrameSource): ChunkFrame[] {
  const chunks: ChunkFrame[] = [];
  for (let frame = source.next(); frame; frame = source.next()) chunks.push(chunkOf(frame.text));
  return chunks;
}

const chunk = (id: string, index: number, data = 'x', last = false): ChunkFrame => ({
  type: 'chunk',
  id,
  index,
  last,
  data,
});

describe('cutting a text', () => {
  it('loses nothing and never cuts a pair of surrogates', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), lengths, (text, length) => {
        const pieces = [...cutText(text, length)];
        expect(pieces.join('')).toBe(text);
        for (const piece of pieces) {
          expect(piece).not.toBe('');
          expect(piece.isWellFormed()).toBe(true);
          expect(piece.length).toBeLessThanOrEqual(Math.max(length, 2));
        }
      }),
      { seed: 1 },
    );
  });

  it('encodes an object piece by piece as a whole would be encoded', () => {
    fc.assert(
      fc.property(frames, lengths, (frame, length) => {
        const pieces = [...encodeInPieces(frame, length)];
        expect(pieces.join('')).toBe(JSON.stringify(frame));
        for (const piece of pieces) expect(piece.length).toBeLessThanOrEqual(Math.max(length, 2));
      }),
      { seed: 1 },
    );
    expect([...encodeInPieces({ type: 'x', left: undefined }, 100)].join('')).toBe('{"type":"x"}');
  });
});

describe('a text in chunks', () => {
  it('is joined to what it was, however several of them mix', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ text: fc.string({ minLength: 1, unit: 'binary', maxLength: 300 }), length: lengths }), {
          minLength: 1,
          maxLength: 8,
        }),
        fc.infiniteStream(fc.nat(7)),
        (parts, order) => {
          const sources = parts.map(
            ({ text, length }, i) => new ChunkSource(cutText(text, length), { id: `id-${i}`, requestId: `r-${i}` }),
          );
          const joiner = new ChunkJoiner({ maxLength: MIB });
          const joined: string[] = [];
          while (sources.some((source) => !source.ended)) {
            const i = (order.next().value ?? 0) % sources.length;
            const frame = sources[i]?.next();
            if (frame) joined[i] = joiner.take(chunkOf(frame.text)) ?? '';
          }
          expect(joined).toEqual(parts.map(({ text }) => text));
        },
      ),
      { seed: 1 },
    );
  });

  it('counts from 0, says which is the last, and is confirmed with that one alone', () => {
    let confirmed = 0;
    const source = new ChunkSource(cutText('abcde', 2), { id: 'a', confirmed: () => confirmed++ });
    const sent = [source.next(), source.next(), source.next()];
    expect(sent.map((frame) => frame && chunkOf(frame.text))).toEqual([
      chunk('a', 0, 'ab'),
      chunk('a', 1, 'cd'),
      chunk('a', 2, 'e', true),
    ]);
    expect(source.idle).toBe(true);
    for (const frame of sent) frame?.confirmed?.();
    expect(confirmed).toBe(1);
  });

  it('goes on only as far as its bound beyond what is confirmed', () => {
    const source = new ChunkSource(cutText('x'.repeat(100), 10), { id: 'a', maxUnconfirmed: 30 });
    expect(takeAll(source)).toHaveLength(3);
    expect(source.idle).toBe(true);
    expect(source.confirmThrough(0)).toBe(true);
    expect(source.confirmThrough(0)).toBe(true);
    expect(takeAll(source).map(({ index }) => index)).toEqual([3]);
    expect(source.confirmThrough(99)).toBe(false);
    expect(source.confirmThrough(3)).toBe(true);
    expect(takeAll(source)).toHaveLength(3);
    source.stop();
    expect([source.next(), source.idle]).toEqual([undefined, true]);
  });
});

describe('large frames of a source', () => {
  const large = encodeFrame({ type: 'stream_delta', content: 'x'.repeat(2 * LARGE_FRAME_LENGTH) });

  it('C18 leave in chunks in the order of the source, and let other sources in between', () => {
    const [queue, other] = [new FrameQueue(), new FrameQueue()];
    const confirmed: string[] = [];
    queue.push({ text: large, confirmed: () => confirmed.push('large') });
    queue.push({ text: '{"type":"after"}' });
    for (let i = 0; i < 5; i++) other.push({ text: '{"type":"other"}' });
    const line = new FairLine();
    line.join(new ChunkingSource(queue, new ChunkSlots(1)));
    line.join(other);
    const joiner = new ChunkJoiner({ maxLength: MIB });
    const order: string[] = [];
    for (let frame = line.take(); frame; frame = line.take()) {
      const { type } = decodeFrame(frame.text);
      order.push(type);
      const whole = type === 'chunk' ? joiner.take(chunkOf(frame.text)) : undefined;
      if (whole !== undefined) expect(whole).toBe(large);
      frame.confirmed?.();
    }
    expect(confirmed).toEqual(['large']);
    expect(order.lastIndexOf('chunk')).toBeLessThan(order.indexOf('after'));
    expect(order.indexOf('chunk')).toBeLessThan(order.indexOf('other'));
    expect(order.lastIndexOf('other')).toBeLessThan(order.lastIndexOf('chunk'));
  });

  it('leave whole where the peer would not join them: it sees then what it refuses', () => {
    const queue = new FrameQueue();
    queue.push({ text: large });
    expect(new ChunkingSource(queue, new ChunkSlots(1, large.length - 1)).next()?.text).toBe(large);
  });

  it('wait while too many others are on their way', () => {
    const slots = new ChunkSlots(1);
    const [first, second] = [new FrameQueue(), new FrameQueue()];
    first.push({ text: large });
    second.push({ text: large });
    const [a, b] = [new ChunkingSource(first, slots), new ChunkingSource(second, slots)];
    expect(a.next()).toBeDefined();
    expect([b.next(), b.idle]).toEqual([undefined, false]);
    takeAll(a);
    expect(takeAll(b).at(-1)?.last).toBe(true);
    expect([a.idle, b.idle]).toEqual([true, true]);
  });
});

describe('chunks that do not fit together', () => {
  const fault = (run: () => unknown): string => {
    try {
      run();
    } catch (error) {
      if (error instanceof ChunkError) return error.fault;
      throw error;
    }
    return 'none';
  };

  it('C29 are refused beyond 8 open ids, and those that are open go on', () => {
    const joiner = new ChunkJoiner({ maxLength: MIB });
    for (let i = 0; i < 8; i++) joiner.take(chunk(`id-${i}`, 0));
    expect(fault(() => joiner.take(chunk('id-8', 0)))).toBe('TOO_MANY');
    expect(joiner.take(chunk('id-0', 1, 'y', true))).toBe('xy');
    expect(fault(() => joiner.take(chunk('id-8', 0)))).toBe('none');
  });

  it('C29 are refused out of order, and forgotten', () => {
    const joiner = new ChunkJoiner({ maxLength: MIB });
    expect(fault(() => joiner.take(chunk('a', 1)))).toBe('OUT_OF_ORDER');
    joiner.take(chunk('a', 0));
    expect(fault(() => joiner.take(chunk('a', 2)))).toBe('OUT_OF_ORDER');
    expect(fault(() => joiner.take(chunk('a', 1)))).toBe('OUT_OF_ORDER');
  });

  it('C29 are refused when they never end, empty ones too', () => {
    const joiner = new ChunkJoiner({ maxLength: 10_000 });
    const untilRefused = (data: string): number => {
      for (let index = 0; index < 10_000; index++)
        if (fault(() => joiner.take(chunk('a', index, data))) === 'TOO_LARGE') return index;
      return Infinity;
    };
    expect(untilRefused('x'.repeat(1_000))).toBe(10);
    expect(untilRefused('')).toBeLessThan(100);
  });

  it('C29 are refused beyond what all of them may hold together, and what has ended counts no more', () => {
    const joiner = new ChunkJoiner({ maxLength: 10_000, maxHeld: 12_500 });
    const data = 'x'.repeat(6_000);
    for (let n = 0; n < 3; n++) {
      joiner.take(chunk('a', 0, data));
      expect(joiner.take(chunk('a', 1, 'y', true))).toBe(`${data}y`);
    }
    joiner.take(chunk('again', 0, data));
    joiner.take(chunk('again', 0, data));
    joiner.take({ ...chunk('mine', 0, data), request_id: 'r' });
    joiner.forget('r');
    joiner.take(chunk('b', 0, data));
    expect(fault(() => joiner.take(chunk('c', 0, data)))).toBe('TOO_LARGE');
    expect(joiner.take(chunk('b', 1, '', true))).toBe(data);
    expect(fault(() => joiner.take(chunk('c', 0, data)))).toBe('none');
  });

  it('begin again with index 0, and are told apart by whose answer they are', () => {
    const joiner = new ChunkJoiner({ maxLength: MIB });
    joiner.take(chunk('a', 0, 'old'));
    joiner.take({ ...chunk('a', 0, 'mine'), request_id: 'r' });
    expect(joiner.take(chunk('a', 0, 'new', true))).toBe('new');
    expect(joiner.take({ ...chunk('b', 1, '!', true), request_id: 'r' })).toBe('mine!');
    joiner.take({ ...chunk('b', 0), request_id: 'r' });
    joiner.forget('r');
    expect(fault(() => joiner.take({ ...chunk('b', 1), request_id: 'r' }))).toBe('OUT_OF_ORDER');
  });

  it('are no chunks without their fields', () => {
    const whole = { type: 'chunk', id: 'a', index: 0, last: true, data: '' };
    expect(readChunk(whole)).toEqual(whole);
    for (const wrong of [{ id: '' }, { index: -1 }, { index: 0.5 }, { last: 1 }, { data: 7 }, { request_id: 7 }])
      expect(readChunk({ ...whole, ...wrong })).toBeUndefined();
  });
});
