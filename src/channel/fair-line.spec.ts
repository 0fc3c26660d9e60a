import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FairLine } from './fair-line.js';
import type { FrameSource } from './frame-source.js';

/** A source of frames of the given sizes, over and over; knows how many bytes it was asked for. */
class Endless implements FrameSource {
  bytes = 0;
  isAway = false;
  private index = 0;

  constructor(
    private readonly sizes: readonly number[],
    readonly idle = false,
  ) {}

  get largest(): number {
    return Math.max(...this.sizes);
  }

  next() {
    if (this.isAway) return undefined;
    const size = this.sizes[this.index++ % this.sizes.length] ?? 1;
    this.bytes += size;
    return { text: 'x'.repeat(size) };
  }
}

function lineOf(sources: readonly FrameSource[]): FairLine {
  const line = new FairLine();
  for (const source of sources) line.join(source);
  return line;
}

function take(line: FairLine, frames: number): void {
  for (let i = 0; i < frames; i++) line.take();
}

describe('FairLine', () => {
  it('C16 shares by bytes: nobody who has frames waiting is ahead of another by more than one frame', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 2_000 }), { minLength: 1, maxLength: 5 });
    const check = (all: readonly (readonly number[])[], frames: number): void => {
      const sources = all.map((each) => new Endless(each));
      take(lineOf(sources), frames);
      const largest = Math.max(...sources.map((source) => source.largest));
      const given = sources.map(({ bytes }) => bytes);
      expect(Math.max(...given) - Math.min(...given)).toBeLessThanOrEqual(largest);
    };
    fc.assert(fc.property(fc.array(sizes, { minLength: 2, maxLength: 8 }), fc.integer({ min: 1, max: 500 }), check), {
      seed: 1,
    });
  });

  it('C16 shares fairly from any moment on at which all have frames waiting, whoever was away before', () => {
    const step = fc.record({ who: fc.nat({ max: 3 }), isAway: fc.boolean(), frames: fc.integer({ min: 0, max: 30 }) });
    const check = (steps: readonly { who: number; isAway: boolean; frames: number }[]): void => {
      const sources = [[100], [2_000], [300, 700], [1]].map((sizes, i) => new Endless(sizes, i % 2 === 0));
      const line = lineOf(sources);
      const back = (source: Endless): void => {
        source.isAway = false;
        line.join(source);
      };
      for (const { who, isAway, frames } of steps) {
        const source = sources[who];
        if (source && isAway) source.isAway = true;
        else if (source) back(source);
        take(line, frames);
      }
      for (const source of sources) back(source);
      const before = sources.map(({ bytes }) => bytes);
      take(line, 20_000);
      const given = sources.map(({ bytes }, i) => bytes - (before[i] ?? 0));
      // What one owed when it came back, and one frame.
      expect(Math.max(...given) - Math.min(...given)).toBeLessThanOrEqual(2 * 2_000);
    };
    fc.assert(fc.property(fc.array(step, { maxLength: 20 }), check), { seed: 1, numRuns: 50 });
  });

  it('serves who comes back at once, and gives nothing for the time away', () => {
    const [busy, other] = [new Endless([10]), new Endless([10])];
    const line = lineOf([busy, other]);
    other.isAway = true;
    take(line, 100);
    other.isAway = false;
    take(line, 1);
    expect([busy.bytes, other.bytes]).toEqual([1_000, 10]);
    take(line, 9);
    expect([busy.bytes, other.bytes]).toEqual([1_050, 50]);
  });

  it('remembers what an idle source owes, so that a large frame is paid for', () => {
    const [large, small] = [new Endless([1_000], true), new Endless([10])];
    const line = lineOf([large, small]);
    take(line, 1);
    large.isAway = true;
    take(line, 1);
    expect([large.bytes, small.bytes]).toEqual([1_000, 10]);
    large.isAway = false;
    line.join(large);
    take(line, 99);
    expect([large.bytes, small.bytes]).toEqual([1_000, 1_000]);
  });
});
