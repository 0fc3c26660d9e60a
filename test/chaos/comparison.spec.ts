import { describe, expect, it } from 'vitest';
import { compare } from './comparison.js';
import { Sightings } from './sightings.js';
import { numbersBefore, type Witnessed } from './witness.js';

/** Numbers 1 to n of the first process, each under its own name. */
function emitted(n: number, process = 0): Witnessed[] {
  return Array.from({ length: n }, (_, index) => line(index + 1, process));
}

function line(seq: number, process = 0): Witnessed {
  return { runtime: 0, number: numbersBefore(process) + seq, epoch: `epoch-${process}`, seq, at: 0 };
}

function saw(...lines: readonly Witnessed[]): Sightings {
  const sightings = new Sightings();
  for (const { number, epoch, seq } of lines) sightings.saw(number, epoch, seq);
  return sightings;
}

const CLEAN = { lost: 0, untold: 0, duplicated: 0, reordered: 0, strange: [] };

describe('finds nothing wrong', () => {
  it('where all was seen once and in order', () => {
    expect(compare(emitted(5), saw(...emitted(5)), 0)).toMatchObject(CLEAN);
  });

  it('with what a killed process had sent and not yet witnessed', () => {
    const witness = [...emitted(2), ...emitted(2, 1)];
    expect(compare(witness, saw(...emitted(3), ...emitted(2, 1)), 1)).toMatchObject(CLEAN);
  });

  it('with a process that was killed before it witnessed anything', () => {
    expect(compare(emitted(2, 1), saw(line(1), ...emitted(2, 1)), 1)).toMatchObject(CLEAN);
  });
});

it('finds what was lost in the middle and at the end, and that nobody was told', () => {
  const { missing, ...counts } = compare(emitted(5), saw(line(1), line(2), line(4)), 0);
  expect(counts).toEqual({ ...CLEAN, lost: 2, untold: 2 });
  expect(missing.map(({ number }) => number)).toEqual([3, 5]);
});

it('finds everything lost where nothing was seen', () => {
  expect(compare(emitted(5), saw(), 0)).toMatchObject({ ...CLEAN, lost: 5, untold: 5 });
});

it('finds what was seen twice, at once or later', () => {
  expect(compare(emitted(3), saw(line(1), line(1), line(2), line(3), line(1)), 0)).toMatchObject({
    ...CLEAN,
    duplicated: 2,
  });
});

it('finds what was seen below an earlier number', () => {
  expect(compare(emitted(4), saw(line(1), line(4), line(2), line(3)), 0)).toMatchObject({ ...CLEAN, reordered: 2 });
});

describe('counts as told, but still as lost', () => {
  it('what a gap names', () => {
    const seen = saw(line(1));
    seen.wasTold('epoch-0', 2, 3);
    seen.saw(5, 'epoch-0', 5);
    expect(compare(emitted(5), seen, 0)).toMatchObject({ ...CLEAN, lost: 3, untold: 1 });
  });

  it('not what a gap of another epoch names', () => {
    const seen = saw(line(1));
    seen.wasTold('epoch-1', 2, 3);
    expect(compare(emitted(3), seen, 0)).toMatchObject({ ...CLEAN, lost: 2, untold: 2 });
  });

  it('all to where a client goes on after a gap without an end, over epochs', () => {
    const witness = [...emitted(4), ...emitted(3, 1)];
    const seen = saw(line(1));
    seen.wasTold('epoch-0', 2, null);
    seen.saw(line(2, 1).number, 'epoch-1', 2);
    expect(compare(witness, seen, 1)).toMatchObject({ ...CLEAN, lost: 5, untold: 1 });
  });
});

describe('finds strange', () => {
  it('a number that nobody emitted', () => {
    expect(compare(emitted(3), saw(...emitted(4)), 0).strange).toHaveLength(1);
  });

  it('a number before the last that a killed process witnessed', () => {
    const witness = [line(1), line(3), ...emitted(1, 1)];
    expect(compare(witness, saw(line(1), line(2), line(3), ...emitted(1, 1)), 1).strange).toHaveLength(1);
  });

  it('an event under another name', () => {
    const seen = saw(line(1));
    seen.saw(2, 'epoch-0', 7);
    expect(compare(emitted(2), seen, 0).strange).toEqual([expect.stringContaining('epoch-0:7')]);
  });
});
