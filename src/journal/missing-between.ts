import type { NumberRange } from '../protocol/index.js';
import type { EpochSpan, JournalEntry } from './journal.js';

/**
 * What lies between the last event a reader has and an entry, and is no longer kept.
 *
 * @param last undefined: the reader has none
 * @param entry undefined: the end of the journal
 */
export function missingBetween(
  epochs: readonly EpochSpan[],
  last: { readonly epoch: string; readonly seq: number } | undefined,
  entry: Pick<JournalEntry, 'epoch' | 'seq'> | undefined,
): NumberRange[] {
  const from = last ? epochs.findIndex(({ epoch }) => epoch === last.epoch) : 0;
  const to = entry ? epochs.findIndex(({ epoch }) => epoch === entry.epoch) : epochs.length - 1;
  return epochs
    .slice(Math.max(0, from), to + 1)
    .map(({ epoch, first, last: end }) => ({
      epoch,
      from: epoch === last?.epoch ? last.seq + 1 : first,
      to: epoch === entry?.epoch ? entry.seq - 1 : end,
    }))
    .filter((gap) => gap.from <= gap.to);
}
