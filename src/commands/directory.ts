import { stat } from 'node:fs/promises';
import type { Workspace } from '../workspace/index.js';
import { CommandError } from './command.error.js';

/**
 * The real path of the directory that a command means with its `cwd`.
 *
 * @param cwd default: the workspace
 * @throws PathRefusedError, PathDeniedError, CommandError when it is no directory
 */
export async function directoryOf(workspace: Workspace, cwd: string | undefined): Promise<string> {
  if (cwd === undefined) return workspace.root;
  const real = await workspace.resolve(cwd);
  if (!(await stat(real)).isDirectory()) throw new CommandError('COMMAND_INVALID', `cwd: ${cwd} is not a directory.`);
  return real;
}
