import type { SessionCommand } from './session-command.js';
import { COMPLETE_WITHIN_MS } from './complete-line.js';
import { placeOf } from './place.js';

/** Entries that are looked through for the Tab key. */
const MAX_ENTRIES = 1_000;

/** Completes the path at the end of the arguments, one directory after the other. */
export const completePath: NonNullable<SessionCommand['complete']> = async (args, context) => {
  const [word = ''] = /\S*$/.exec(args) ?? [];
  const above = word.slice(0, word.lastIndexOf('/') + 1);
  const place = placeOf(above === '' ? '.' : above, context);
  try {
    const listed = { path: place, include_files: true, limit: MAX_ENTRIES };
    const { folders, files = [] } = await context.attachment.command('list_in_directory', listed, {
      timeoutMs: COMPLETE_WITHIN_MS,
    });
    return [...folders.map((name) => `${above}${name}/`), ...files.map((name) => `${above}${name}`)];
  } catch {
    // There is nothing to offer; running the command says why.
    return [];
  }
};
