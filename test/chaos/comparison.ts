import type { Sightings, ToldGap } from './sightings.js';
import { processOf, type Witnessed } from './witness.js';

/** What one client saw of one runtime, held against the witness. All are counts of numbers but `strange`. */
export interface Verdict {
  /** In the witness and not seen, told or not. */
  readonly lost: number;
  /** Lost, and not covered by a `resume_gap` or `recovered: false`. */
  readonly untold: number;
  /** Seen again. */
  readonly duplicated: number;
  /** Seen for the first time below an earlier number. */
  readonly reordered: number;
  /** What no correct system does beside these: numbers that nobody emitted, events under a name that is not theirs. */
  readonly strange: readonly string[];
  readonly missing: readonly Witnessed[];
}

/** Of what is strange, the first are enough. */
const STRANGE_SHOWN = 10;

/**
 * Compares what a client saw with what the device emitted.
 *
 * A number that was seen and is not in the witness is allowed at the very end of a listener process that was killed: sent,
 * and killed before its line was written. Anywhere else nobody has emitted it.
 *
 * @param witness of one runtime, in the order of its file
 * @param lastProcess the listener process that stopped in order at the end: it witnessed everything
 */
export function compare(witness: readonly Witnessed[], seen: Sightings, lastProcess: number): Verdict {
  const emitted = new Map(witness.map((line) => [line.number, line]));
  const ends = new Map(witness.map(({ number }) => [processOf(number), number]));
  const strange: string[] = [];
  const met = new Set<number>();
  let [newest, duplicated, reordered] = [-1, 0, 0];
  for (const [index, number] of seen.numbers.entries()) {
    if (met.has(number)) duplicated++;
    else if (number < newest) reordered++;
    met.add(number);
    newest = Math.max(newest, number);
    const line = emitted.get(number);
    const { epoch, seq } = seen.nameOf(index);
    if (line && (line.epoch !== epoch || line.seq !== seq))
      strange.push(`number ${number} was emitted as ${line.epoch}:${line.seq} and came as ${epoch}:${seq}`);
    const isTail = number > (ends.get(processOf(number)) ?? -1) && processOf(number) < lastProcess;
    if (!line && !isTail) strange.push(`number ${number} came as ${epoch}:${seq}, and nobody emitted it`);
  }
  const missing = witness.filter(({ number }) => !met.has(number));
  const untold = missing.filter((line) => !seen.gaps.some((gap) => covers(gap, line, seen.numbers)));
  return {
    lost: missing.length,
    untold: untold.length,
    duplicated,
    reordered,
    strange: strange.slice(0, STRANGE_SHOWN),
    missing,
  };
}

/** A gap without an end reaches to where the client went on. */
function covers({ epoch, from, to, before }: ToldGap, line: Witnessed, numbers: readonly number[]): boolean {
  if (line.epoch === epoch && line.seq >= from && (to === null || line.seq <= to)) return true;
  const goneOnAt = numbers[before] ?? Infinity;
  const stoodAt = numbers[before - 1] ?? -1;
  return to === null && line.number > stoodAt && line.number < goneOnAt;
}
