import { visibleLine } from '../../text.js';
import { CUT_SHORT } from './cut-short.js';
import { here } from './place.js';
import type { SessionCommand } from './session-command.js';

/** Paths that are shown. */
const SHOWN = 30;

export const findCommand: SessionCommand = {
  name: 'find',
  usage: 'text',
  description: 'files by letters of their paths, the best first',
  async run(query, context) {
    const { attachment, terminal } = context;
    if (query === '') return terminal.output.line('Type /find and a part of a path.');
    const search = { query, max_results: SHOWN, ...here(context) };
    const { files, total, timed_out: isCut } = await attachment.command('search_files', search);
    if (files.length === 0) await terminal.output.line('Nothing is called like that.');
    else await terminal.output.line(files.map(({ path, type }) => shown(path, type)).join('\n'));
    if (total !== undefined && total > files.length) await terminal.output.line(`… ${files.length} of ${total}.`);
    if (isCut === true) await terminal.output.line(CUT_SHORT);
  },
};

function shown(path: string, type: string): string {
  return visibleLine(type === 'dir' ? `${path}/` : path);
}
