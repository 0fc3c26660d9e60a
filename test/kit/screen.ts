/** What a person sees of what was written to a terminal: the part of ANSI that line editors use, without wrapping. */
export function rendered(written: string): string {
  const screen = new Screen();
  for (const [token] of written.matchAll(TOKENS)) screen.take(token);
  return screen.text;
}

const ESCAPE = '\u001b';
const TOKENS = new RegExp(`${ESCAPE}\\[[?\\d;]*[A-Za-z]|[^]`, 'g');
const SEQUENCE = new RegExp(`^${ESCAPE}\\[(\\d*)([A-Za-z])$`);

class Screen {
  private readonly rows: string[][] = [[]];
  private row = 0;
  private column = 0;

  get text(): string {
    return this.rows
      .map((row) =>
        Array.from(row, (char) => char ?? ' ')
          .join('')
          .trimEnd(),
      )
      .join('\n');
  }

  take(token: string): void {
    const [, amount = '', kind] = SEQUENCE.exec(token) ?? [];
    if (kind !== undefined) this.move(kind, amount === '' ? undefined : Number(amount));
    else if (token === '\r') this.column = 0;
    else if (token === '\n') this.go(this.row + 1, this.column);
    else if (token === '\b') this.column = Math.max(0, this.column - 1);
    else if (!token.startsWith(ESCAPE)) this.line[this.column++] = token;
  }

  private get line(): string[] {
    return (this.rows[this.row] ??= []);
  }

  private move(kind: string, amount: number | undefined): void {
    const by = amount ?? 1;
    if (kind === 'A') this.go(Math.max(0, this.row - by), this.column);
    if (kind === 'B') this.go(this.row + by, this.column);
    if (kind === 'C') this.column += by;
    if (kind === 'D') this.column = Math.max(0, this.column - by);
    if (kind === 'G') this.column = by - 1;
    if (kind === 'K' || kind === 'J') this.line.length = Math.min(this.line.length, this.column);
    if (kind === 'J') this.rows.length = this.row + 1;
  }

  private go(row: number, column: number): void {
    while (this.rows.length <= row) this.rows.push([]);
    this.row = row;
    this.column = column;
  }
}
