import type { GrepMatch } from '../../../protocol/index.js';
import type { Paint } from '../../paint.js';
import { visibleLine } from '../../text.js';
import { CUT_SHORT } from './cut-short.js';
import { here } from './place.js';
import type { SessionCommand } from './session-command.js';

/** Matches that are shown. */
const SHOWN = 50;
/** Characters of a line that are shown. */
const LINE_LENGTH = 200;

export const grepCommand: SessionCommand = {
  name: 'grep',
  usage: 'expression',
  description: 'lines of files that a regular expression matches',
  async run(query, context) {
    const { attachment, terminal } = context;
    if (query === '') return terminal.output.line('Type /grep and a regular expression.');
    const grep = { query, is_regex: true, max_results: SHOWN, ...here(context) };
    const { matches, truncated, timed_out: isCut } = await attachment.command('grep_in_files', grep);
    if (matches.length > 0) await terminal.output.line(matches.map((match) => shown(match, terminal.paint)).join('\n'));
    else if (!truncated) await terminal.output.line('No line matches.');
    if (isCut === true) await terminal.output.line(CUT_SHORT);
    else if (truncated) await terminal.output.line(`… there are more than ${matches.length} matches.`);
  },
};

function shown({ path, line, column, column_end, text, text_column = 1 }: GrepMatch, paint: Paint): string {
  const from = column - text_column;
  const to = column_end - text_column;
  const start = Math.max(0, Math.min(from, to - LINE_LENGTH));
  const before = visibleLine(text.slice(start, from).trimStart());
  const after = visibleLine(text.slice(to, start + LINE_LENGTH));
  const place = paint.place(`${visibleLine(path)}:${line}:${column}`);
  return `${place}  ${before}${paint.strong(visibleLine(text.slice(from, to)))}${after}`;
}
