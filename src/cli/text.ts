/** Control, direction and zero-width characters: what could make a terminal show something else than what is there. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** Text from elsewhere for a terminal: what a terminal would obey is spelled out; tabs and line ends stay. */
export function visible(text: string): string {
  return text.replace(INVISIBLE, (char) => {
    if (char === '\n' || char === '\t') return char;
    return `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`;
  });
}

/** The same on one line. */
export function visibleLine(text: string): string {
  return visible(text).replace(/[\t\n]/g, ' ');
}

/** Columns as wide as their widest cell. The first row is the head. */
export function table([head = [], ...rows]: readonly (readonly string[])[]): string {
  return new GrowingTable(head).next(rows);
}

/** A table of which not all is known at first: columns are as wide as their widest cell so far. */
export class GrowingTable {
  private readonly widths: number[] = [];
  private hasHead = false;

  constructor(private readonly head: readonly string[]) {}

  /** Lines for rows that follow; before the first ones, the head. */
  next(rows: readonly (readonly string[])[]): string {
    const all = this.hasHead ? rows : [this.head, ...rows];
    this.hasHead = true;
    const { widths } = this;
    for (const row of all) for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length);
    const lines = all.map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    );
    return lines.map((line) => `${line}\n`).join('');
  }
}

export function indent(text: string, by = '    '): string {
  return text
    .split('\n')
    .map((line) => (line === '' ? line : by + line))
    .join('\n');
}
