/** Where `grep_in_files` found an expression (protocol section 3). Columns count UTF-16 units from 1; `column_end` is the first one behind. */
export interface GrepMatch {
  readonly path: string;
  readonly line: number;
  readonly column: number;
  readonly column_end: number;
  /** The line; of a long one the part that matches. */
  readonly text: string;
  /** Column of the first character of `text`, where it is a part; ours. */
  readonly text_column?: number;
  readonly before?: readonly string[];
  readonly after?: readonly string[];
}
