import { structuredPatch } from 'diff';

/** A line of a comparison: in both texts, or only in one. */
export interface DiffLine {
  readonly kind: 'same' | 'added' | 'removed';
  readonly text: string;
  /** Number in the text before, from 1; undefined for an added one. */
  readonly before: number | undefined;
  /** Number in the text after, from 1; undefined for a removed one. */
  readonly after: number | undefined;
}

/** Lines that are shown around a change. */
const CONTEXT_LINES = 3;

/** What two texts differ in, as runs of lines with what stands around them; none where they are the same. */
export function lineDiff(before: string, after: string): DiffLine[][] {
  const { hunks } = structuredPatch('', '', before, after, '', '', { context: CONTEXT_LINES });
  return hunks.map(({ oldStart, newStart, lines }) => {
    let [old, fresh] = [oldStart, newStart];
    return lines
      .filter((line) => !line.startsWith('\\'))
      .map((line): DiffLine => {
        const text = line.slice(1);
        if (line.startsWith('+')) return { kind: 'added', text, before: undefined, after: fresh++ };
        if (line.startsWith('-')) return { kind: 'removed', text, before: old++, after: undefined };
        return { kind: 'same', text, before: old++, after: fresh++ };
      });
  });
}
