import { ROOT } from './paths.js';
import { UNREAD, type Directory, type Entry } from './directory.js';

export interface EntryRow {
  readonly kind: 'entry';
  readonly key: string;
  readonly depth: number;
  readonly entry: Entry;
  readonly isOpen: boolean;
  readonly isReading: boolean;
  /** Among its siblings, from 1; for those who hear the tree. */
  readonly position: number;
  readonly siblings: number;
}

/** What a directory has beside entries: more of them, none, or a reason why it cannot be read. */
export interface NoteRow {
  readonly kind: 'more' | 'empty' | 'problem';
  readonly key: string;
  readonly depth: number;
  readonly directory: string;
  readonly text: string;
}

export type TreeRow = EntryRow | NoteRow;

/** What is to be seen of a tree, from the top down. */
export function treeRows(directories: ReadonlyMap<string, Directory>): TreeRow[] {
  const rows: TreeRow[] = [];
  addRows(rows, directories, ROOT, 0);
  return rows;
}

function addRows(rows: TreeRow[], directories: ReadonlyMap<string, Directory>, directory: string, depth: number): void {
  const { entries, hasMore, total, problem } = directories.get(directory) ?? UNREAD;
  const note = (kind: NoteRow['kind'], text: string): void =>
    void rows.push({ kind, key: `${kind}:${directory}`, depth, directory, text });
  if (problem !== undefined) note('problem', problem);
  const siblings = total ?? entries?.length ?? 0;
  for (const [index, entry] of (entries ?? []).entries()) {
    const { isOpen, isReading } = directories.get(entry.path) ?? UNREAD;
    rows.push({
      kind: 'entry',
      key: entry.path,
      depth,
      entry,
      isOpen: entry.isFolder && isOpen,
      isReading,
      position: index + 1,
      siblings,
    });
    if (entry.isFolder && isOpen) addRows(rows, directories, entry.path, depth + 1);
  }
  if (hasMore) note('more', total === undefined ? 'More…' : `${total - (entries?.length ?? 0)} more…`);
  else if (entries?.length === 0) note('empty', 'Empty');
}
