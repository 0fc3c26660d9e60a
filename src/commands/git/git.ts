import { Injectable } from '@nestjs/common';
import { simpleGit } from 'simple-git';
import { Permissions } from '../../permissions/index.js';
import { CommandError } from '../command.error.js';

/**
 * Neither hooks nor a monitor of files run: the commands of clients that use git read or write. Nor does a directory of the
 * workspace that looks like a bare repository count as one, because whoever writes files could bring its configuration. Filters
 * that the configuration of the repository names do run: without them (Git LFS) files would be compared and checked out wrong.
 */
const RUNS_NOTHING = ['core.hooksPath=/dev/null', 'core.fsmonitor=false', 'safe.bareRepository=explicit'];

/** Nobody is there to be asked, and what only looks takes no lock away from who works. */
const OWN_ENVIRONMENT = { GIT_TERMINAL_PROMPT: '0', GIT_OPTIONAL_LOCKS: '0' };

/** Runs git in directories of the workspace. */
@Injectable()
export class Git {
  constructor(private readonly permissions: Permissions) {}

  /**
   * What git prints.
   *
   * @param args none of them may come from a client where it begins with `-`
   * @param signal ends git
   * @throws CommandError with git's own reason
   */
  async run(cwd: string, args: readonly string[], signal: AbortSignal): Promise<string> {
    const git = simpleGit({
      baseDir: cwd,
      abort: signal,
      config: RUNS_NOTHING,
      unsafe: { allowUnsafeHooksPath: true, allowUnsafeFsMonitor: true },
      allowEnvironment: Object.keys(OWN_ENVIRONMENT),
    }).env(this.environment());
    try {
      return await git.raw([...args]);
    } catch (cause) {
      throw new CommandError('COMMAND_FAILED', reasonOf(cause), { cause });
    }
  }

  /**
   * The real path of the directory whose repository `cwd` lies in.
   *
   * @throws CommandError when it lies in none
   */
  async root(cwd: string, signal: AbortSignal): Promise<string> {
    const shown = await this.run(cwd, ['rev-parse', '--show-toplevel'], signal);
    return shown.replace(/\n$/, '');
  }

  /** Variables that could have git run something are left out; simple-git would refuse to start. */
  private environment(): Record<string, string | undefined> {
    const all = Object.entries(this.permissions.childEnvironment());
    return { ...Object.fromEntries(all.filter(([name]) => !CHANGES_GIT.test(name))), ...OWN_ENVIRONMENT };
  }
}

const CHANGES_GIT = /^(?:GIT_.*|EDITOR|VISUAL|PAGER|SSH_ASKPASS|PREFIX)$/i;

function reasonOf(cause: unknown): string {
  const reason = (cause instanceof Error ? cause.message : String(cause)).trim();
  return reason.includes('spawn git')
    ? `git did not start (${reason.split('\n', 1)[0] ?? ''}); see that it is installed.`
    : reason;
}
