import { visibleLine } from '../../text.js';
import { completePath } from './complete-path.js';
import { placeOf } from './place.js';
import type { SessionCommand } from './session-command.js';

/** Entries that are shown. */
const SHOWN = 200;

export const filesCommand: SessionCommand = {
  name: 'files',
  usage: '[path]',
  description: 'what is in a directory',
  complete: completePath,
  async run(wanted, context) {
    const { attachment, terminal } = context;
    const path = placeOf(wanted === '' ? '.' : wanted, context);
    const listed = { path, include_files: true, limit: SHOWN };
    const { folders, files = [], hasMore, total } = await attachment.command('list_in_directory', listed);
    const names = [
      ...folders.map((name) => terminal.paint.place(`${visibleLine(name)}/`)),
      ...files.map((name) => visibleLine(name)),
    ];
    await terminal.output.line(names.length === 0 ? 'It is empty.' : names.join('\n'));
    if (hasMore) await terminal.output.line(`… ${names.length} of ${total ?? 'more'}.`);
  },
};
