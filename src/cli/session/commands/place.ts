import path from 'node:path';
import type { SessionContext } from './session-command.js';

type Here = Pick<SessionContext, 'surroundings'>;

/** A path as the person means it: from the directory in which the conversation works. */
export function placeOf(wanted: string, { surroundings: { workingDirectory: directory } }: Here): string {
  return directory === '' || wanted.startsWith('/') ? wanted : path.posix.join(directory, wanted);
}

/** The directory in which the conversation works, as a field of commands. */
export function here({ surroundings: { workingDirectory: directory } }: Here): { readonly cwd?: string } {
  return directory === '' ? {} : { cwd: directory };
}
