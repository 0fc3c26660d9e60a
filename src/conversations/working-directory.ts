import { stat } from 'node:fs/promises';
import type { Workspace } from '../workspace/index.js';
import { ConversationError } from './conversation.error.js';

/**
 * The real path of the directory in which a conversation shall work.
 *
 * @param present what a relative one starts from
 * @throws ConversationError `COMMAND_INVALID` when it is no directory
 * @throws PathRefusedError, PathDeniedError
 */
export async function workingDirectory(workspace: Workspace, wanted: string, present: string): Promise<string> {
  const real = await workspace.resolve(wanted, present);
  if (!(await stat(real)).isDirectory())
    throw new ConversationError('COMMAND_INVALID', `cwd: ${wanted} is not a directory.`);
  return real;
}
