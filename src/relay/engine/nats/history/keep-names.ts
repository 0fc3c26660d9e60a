import type { NewEntry } from '../../../../journal/index.js';

/** What an entry does to what is kept by name. */
export type Keeping = Pick<NewEntry, 'keep' | 'keepText' | 'drop'>;

/** Puts down what an entry keeps, in the order of entries, or ends. */
export function keepNames(
  kept: Map<string, string>,
  { keep, keepText, drop }: Keeping,
  frame: string | undefined,
): void {
  const text = keepText ?? frame;
  if (drop !== undefined) kept.delete(drop);
  if (keep === undefined || text === undefined) return;
  kept.delete(keep);
  kept.set(keep, text);
}
