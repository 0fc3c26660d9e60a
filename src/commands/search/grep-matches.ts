import type { GrepMatch } from '../../protocol/index.js';
import type { GrepOutput, ShownLine } from './grep-output.js';

export interface GrepLimits {
  readonly maxMatches: number;
  /** Of all matches, as JSON. */
  readonly maxBytes: number;
  /** UTF-16 units of a line that are shown. */
  readonly maxLineLength: number;
  /** Lines shown before and after each match. */
  readonly context: number;
}

type Columns = Pick<GrepMatch, 'column' | 'column_end'>;

interface FoundLine {
  readonly line: number;
  /** As context of others. */
  readonly text: string;
  readonly matches: readonly (Columns & Pick<GrepMatch, 'text' | 'text_column'>)[];
}

/** Collects matches out of what ripgrep shows, up to their limits. */
export class GrepMatches {
  private readonly found: GrepMatch[] = [];
  private readonly files = new Set<string>();
  private path: string | undefined;
  /** Lines of the file that is searched now. */
  private lines: FoundLine[] = [];
  private waiting = 0;
  private bytes = 0;
  private full = false;

  /** @param isShown whether anything of a file may be shown */
  constructor(
    private readonly limits: GrepLimits,
    private readonly isShown: (path: string) => boolean,
  ) {}

  /** @returns false when there are more matches than the limits allow */
  take(output: GrepOutput): boolean {
    if (output.kind === 'begin') this.path = this.isShown(output.path) ? output.path : undefined;
    else if (output.kind === 'end') this.endFile();
    else if (output.kind !== 'other' && this.path !== undefined) this.addLine(output);
    return !this.full;
  }

  /** What was found; call it when nothing more comes. */
  result(): { matches: readonly GrepMatch[]; total_matches: number; total_files: number; truncated: boolean } {
    this.endFile();
    return {
      matches: this.found,
      total_matches: this.found.length,
      total_files: this.files.size,
      truncated: this.full,
    };
  }

  private addLine({ line, bytes, spans }: ShownLine): void {
    const { maxMatches, maxLineLength } = this.limits;
    const room = maxMatches - this.found.length - this.waiting;
    const text = bytes.toString('utf8');
    const matches = columnsOf(bytes, spans.slice(0, room)).map((columns) => ({
      ...columns,
      ...excerptOf(text, columns.column, maxLineLength),
    }));
    this.lines.push({ line, text: part(text, 0, maxLineLength), matches });
    this.waiting += matches.length;
    if (spans.length > room) this.full = true;
  }

  private endFile(): void {
    const { path, lines } = this;
    this.lines = [];
    this.waiting = 0;
    this.path = undefined;
    if (path === undefined) return;
    const texts = new Map(lines.map(({ line, text }) => [line, text]));
    for (const { line, matches } of lines)
      for (const match of matches) if (!this.add({ path, line, ...match, ...this.around(texts, line) })) return;
  }

  private add(match: GrepMatch): boolean {
    const bytes = Buffer.byteLength(JSON.stringify(match));
    if (this.bytes + bytes > this.limits.maxBytes) {
      this.full = true;
      return false;
    }
    this.bytes += bytes;
    this.found.push(match);
    this.files.add(match.path);
    return true;
  }

  private around(texts: ReadonlyMap<number, string>, line: number): Pick<GrepMatch, 'before' | 'after'> {
    const { context } = this.limits;
    if (context === 0) return {};
    const near = (from: number): string[] =>
      Array.from({ length: context }, (_, i) => texts.get(from + i) ?? []).flat();
    return { before: near(line - context), after: near(line + 1) };
  }
}

/** Bytes become columns: counted on from one place to the next, because a line may be long and match often. */
function columnsOf(bytes: Buffer, spans: ShownLine['spans']): Columns[] {
  let at = 0;
  let column = 1;
  const columnOf = (place: number): number => {
    column += bytes.toString('utf8', at, place).length;
    at = place;
    return column;
  };
  return spans.map(({ start, end }) => ({ column: columnOf(start), column_end: columnOf(end) }));
}

/** A line, or of a long one the part in which it matches. */
function excerptOf(text: string, column: number, length: number): Pick<GrepMatch, 'text' | 'text_column'> {
  if (text.length <= length) return { text };
  // Some of what stands before belongs to what a reader wants to see.
  const from = Math.max(0, Math.min(column - 1 - Math.floor(length / 4), text.length - length));
  return { text: part(text, from, from + length), text_column: from + 1 };
}

/** A copy, so that the whole line need not be kept; half a character at its ends becomes a replacement character. */
function part(text: string, from: number, to: number): string {
  return text.length <= to - from ? text : Buffer.from(text.slice(from, to), 'utf8').toString('utf8');
}
