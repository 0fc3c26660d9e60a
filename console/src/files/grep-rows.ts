import type { GrepMatch } from 'twinlane/client';

/** A line of a file, and what in it matches. */
export interface GrepLine {
  readonly line: number;
  readonly text: string;
  /** From and to, in UTF-16 units of `text`; empty in lines that stand around matches. */
  readonly ranges: readonly { readonly from: number; readonly to: number }[];
}

/** What was found in one file: lines that follow each other, in groups. */
export interface GrepFile {
  readonly path: string;
  readonly matches: number;
  readonly groups: readonly (readonly GrepLine[])[];
}

/** Puts matches in order of files and lines; lines that stand around several of them come once. */
export function grepFiles(matches: readonly GrepMatch[]): GrepFile[] {
  const files = new Map<string, GrepMatch[]>();
  for (const match of matches) files.set(match.path, [...(files.get(match.path) ?? []), match]);
  return [...files].map(([path, found]) => ({ path, matches: found.length, groups: groupsOf(found) }));
}

function groupsOf(matches: readonly GrepMatch[]): GrepLine[][] {
  const lines = new Map<number, GrepLine>();
  const around = (line: number, text: string): void => {
    if (!lines.has(line)) lines.set(line, { line, text, ranges: [] });
  };
  for (const { line, text, column, column_end, text_column = 1, before = [], after = [] } of matches) {
    const range = { from: column - text_column, to: column_end - text_column };
    lines.set(line, { line, text, ranges: [...(lines.get(line)?.ranges ?? []), range] });
    for (const [index, context] of before.entries()) around(line - before.length + index, context);
    for (const [index, context] of after.entries()) around(line + 1 + index, context);
  }
  const groups: GrepLine[][] = [];
  for (const line of [...lines.values()].toSorted((a, b) => a.line - b.line)) {
    const group = groups.at(-1);
    if (group?.at(-1)?.line === line.line - 1) group.push(line);
    else groups.push([line]);
  }
  return groups;
}
