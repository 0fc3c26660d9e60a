import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../../test/kit/manual-clock.js';
import { OutputBatch } from './output-batch.js';

const OPTIONS = { batchMs: 16, batchBytes: 64 };

function bench() {
  const clock = new ManualClock();
  const flushed: string[] = [];
  return { clock, flushed, batch: new OutputBatch(clock, OPTIONS, (text) => flushed.push(text)) };
}

describe('OutputBatch', () => {
  it('collects for a while, counted from the first chunk', async () => {
    const { batch, clock, flushed } = bench();
    batch.add(Buffer.from('a'));
    await clock.advance(15);
    batch.add(Buffer.from('b'));
    expect(flushed).toEqual([]);
    await clock.advance(1);
    expect(flushed).toEqual(['ab']);
    expect(clock.pending).toBe(0);
  });

  it('collects no more than so many bytes', () => {
    const { batch, clock, flushed } = bench();
    batch.add(Buffer.alloc(60, 'a'));
    batch.add(Buffer.alloc(10, 'b'));
    expect(flushed).toEqual(['a'.repeat(60) + 'b'.repeat(10)]);
    expect(clock.pending).toBe(0);
  });

  it('C34 gives the same text wherever its bytes are cut; what is no UTF-8 becomes U+FFFD', () => {
    const text = fc.string({ unit: 'binary' }).map((value) => Buffer.from(value));
    const noText = fc.uint8Array().map((value) => Buffer.from(value));
    fc.assert(
      fc.property(fc.oneof(text, noText), fc.integer({ min: 1, max: 5 }), (bytes, size) => {
        const flushed: string[] = [];
        const batch = new OutputBatch(new ManualClock(), { batchMs: 16, batchBytes: size }, (part) =>
          flushed.push(part),
        );
        for (let at = 0; at < bytes.length; at += size) batch.add(bytes.subarray(at, at + size));
        batch.end();
        expect(flushed.join('')).toBe(bytes.toString('utf8'));
      }),
      { seed: 1 },
    );
  });
});
