import type { JournalEntry } from './journal.js';

/** How many UTF-16 units each frame of a run has; undefined where it is one entry. */
export function sizesOf(sizes: string | null): number[] | undefined {
  return sizes === null ? undefined : sizes.split(',').map(Number);
}

/** The entries of a row. @param whole without the epoch's name, as the row says it */
export function entriesOf(whole: JournalEntry, sizes: readonly number[] | undefined): JournalEntry[] {
  const { frame } = whole;
  if (!sizes || frame === undefined) return [whole];
  let at = 0;
  return sizes.map((size, index) => {
    const seq = whole.seq + index;
    const each = frame.slice(at, (at += size));
    return { ...whole, position: whole.position + index, seq, through: seq, frame: each };
  });
}
