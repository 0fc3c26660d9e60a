import { visible } from '../../text.js';
import { completePath } from './complete-path.js';
import { placeOf } from './place.js';
import type { SessionCommand } from './session-command.js';

/** Bytes that are shown. */
const SHOWN = 64 * 1024;

export const catCommand: SessionCommand = {
  name: 'cat',
  usage: 'path',
  description: 'what a file holds',
  complete: completePath,
  async run(wanted, context) {
    const { attachment, terminal } = context;
    if (wanted === '') return terminal.output.line('Type /cat and the path of a file.');
    const part = { path: placeOf(wanted, context), offset: 0, length: SHOWN };
    const { content, length, size } = await attachment.command('read_file', part);
    await terminal.output.line(content === '' ? 'It is empty.' : visible(content).trimEnd());
    if (length !== undefined && size !== undefined && size > length)
      await terminal.output.line(`… ${length} of ${size} bytes.`);
  },
};
