import { createTwoFilesPatch } from 'diff';
import { type Raw, textIn } from './read.js';

/** One file that a tool changes, as clients see it. */
export interface FileDiff {
  readonly path: string;
  /** Unified, three lines of context; undefined for files so different that it would take too long to tell how. */
  readonly patch?: string;
  /** The file is new. */
  readonly created: boolean;
}

/** Lines of change beyond which a patch is not computed: time grows with their square. */
const MAX_EDITS = 5_000;

/** Reads a `diff` of a tool call: two whole texts, of which clients are sent the difference. */
export function fileDiff(content: Raw): FileDiff | undefined {
  const path = textIn(content, 'path');
  const newText = textIn(content, 'newText');
  if (path === undefined || newText === undefined) return undefined;
  const oldText = textIn(content, 'oldText');
  const patch = createTwoFilesPatch(path, path, oldText ?? '', newText, undefined, undefined, {
    context: 3,
    maxEditLength: MAX_EDITS,
  });
  return { path, ...(patch === undefined ? {} : { patch }), created: oldText === undefined || oldText === '' };
}
