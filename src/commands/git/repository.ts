import { CommandError } from '../command.error.js';
import type { Git } from './git.js';
import { isInRepository } from './is-in-repository.js';

export interface Branch {
  readonly name: string;
  readonly is_current: boolean;
  readonly is_remote: boolean;
}

const HEADS = 'refs/heads/';
const REMOTES = 'refs/remotes/';

/** Refuses a directory that lies in no repository, before git is asked. @throws CommandError */
export async function assertRepository(cwd: string): Promise<void> {
  if (await isInRepository(cwd)) return;
  throw new CommandError(
    'COMMAND_FAILED',
    `${cwd} is not in a git repository; pass the cwd of one, or run "git init" there.`,
  );
}

/** Local branches by name, then those of remotes. */
export async function branchesOf(git: Git, cwd: string, signal: AbortSignal): Promise<Branch[]> {
  const format = '--format=%(HEAD)%00%(refname)%00%(symref)';
  const shown = await git.run(cwd, ['for-each-ref', format, HEADS, REMOTES], signal);
  return shown.split('\n').flatMap((line): Branch[] => {
    const [head, ref = '', symbolic] = line.split('\0');
    // What stands for another one, such as origin/HEAD, is no branch of its own.
    if (ref === '' || symbolic !== '') return [];
    const is_remote = ref.startsWith(REMOTES);
    return [{ name: ref.slice((is_remote ? REMOTES : HEADS).length), is_current: head === '*', is_remote }];
  });
}
