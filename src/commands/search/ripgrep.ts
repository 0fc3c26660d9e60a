import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import { CLOCK } from '../../config/index.js';
import { Permissions } from '../../permissions/index.js';
import type { Clock } from '../../protocol/index.js';
import { CommandError } from '../command.error.js';
import { CommandsOptions } from '../commands.options.js';
import { isInRepository } from '../git/is-in-repository.js';
import { Pieces } from './pieces.js';

/** Bytes of its complaints that are kept. */
const MAX_COMPLAINT_BYTES = 2_048;

/** What is searched, and how its output is read. */
export interface SearchRun {
  readonly args: readonly string[];
  /** Real path of the directory that is searched, with what is below it. */
  readonly cwd: string;
  /** The byte that stands behind each piece of its output. */
  readonly separator: number;
  /** Ends the search; then it rejects. */
  readonly signal: AbortSignal;
}

export interface SearchEnd {
  /** Cut at `searchDeadlineMs`: there may be more. */
  readonly isTimedOut: boolean;
  /** Pieces too large to be taken. */
  readonly leftOut: number;
}

type SearchProcess = ChildProcessByStdio<null, Readable, Readable>;

/** Searches directories with ripgrep: what git ignores is left out, links are not followed. */
@Injectable()
export class Ripgrep {
  private running = 0;

  constructor(
    private readonly options: CommandsOptions,
    private readonly permissions: Permissions,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /**
   * Searches, until everything is, `take` wants no more, or the deadline has come.
   *
   * @param take is handed piece after piece; false ends the search
   * @throws CommandError `TOO_MANY`, or `COMMAND_INVALID` with ripgrep's own reason when it does not understand what is searched
   */
  async search(run: SearchRun, take: (piece: Buffer) => boolean): Promise<SearchEnd> {
    if (this.running >= this.options.maxSearches)
      throw new CommandError('TOO_MANY', `${this.running} searches run already; search when one of them has ended.`);
    this.running++;
    try {
      run.signal.throwIfAborted();
      return await this.follow(await this.start(run), run, take);
    } finally {
      this.running--;
    }
  }

  private async start({ args, cwd }: SearchRun): Promise<SearchProcess> {
    const program = this.options.ripgrep ?? (await bundledRipgrep());
    const all = ['--no-config', '--no-messages', '--hidden', ...(await ignoring(cwd)), ...args, '--', './'];
    const env = this.permissions.childEnvironment();
    try {
      // A group of its own, so that it ends with whatever it starts.
      return spawn(program, all, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    } catch (cause) {
      throw notStarted(cause);
    }
  }

  private follow(child: SearchProcess, { separator, signal }: SearchRun, take: (piece: Buffer) => boolean) {
    const pieces = new Pieces(separator, this.options.maxAnswerBytes);
    let complaint = '';
    return new Promise<SearchEnd>((resolve, reject) => {
      const over = (settle: () => void): void => {
        timer.cancel();
        signal.removeEventListener('abort', aborted);
        child.stdout.removeAllListeners('data');
        settle();
      };
      const cut = (isTimedOut: boolean): void => {
        kill(child);
        over(() => resolve({ isTimedOut, leftOut: pieces.leftOut }));
      };
      const aborted = (): void => {
        kill(child);
        over(() => reject(new CommandError('COMMAND_TIMEOUT')));
      };
      const timer = this.clock.after(this.options.searchDeadlineMs, () => cut(true));
      signal.addEventListener('abort', aborted, { once: true });
      child.stdout.on('data', (chunk: Buffer) => {
        for (const piece of pieces.cut(chunk)) if (!take(piece)) return cut(false);
      });
      child.stderr.on('data', (chunk: Buffer) => {
        if (complaint.length < MAX_COMPLAINT_BYTES) complaint += chunk.toString('utf8');
      });
      child.on('error', (cause) => over(() => reject(notStarted(cause))));
      child.on('close', () =>
        over(() => {
          if (complaint.trim() === '') resolve({ isTimedOut: false, leftOut: pieces.leftOut });
          else reject(new CommandError('COMMAND_INVALID', `ripgrep cannot search that: ${complaint.trim()}`));
        }),
      );
    });
  }
}

/** Loaded when something is searched: where there is none for a platform, that alone fails. */
async function bundledRipgrep(): Promise<string> {
  try {
    const { rgPath } = await import('@vscode/ripgrep');
    return rgPath;
  } catch (cause) {
    throw notStarted(cause);
  }
}

function notStarted(cause: unknown): CommandError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new CommandError('COMMAND_FAILED', `ripgrep did not start (${reason}); see that it is installed.`, { cause });
}

/** Nothing is left of a search that is cut. */
function kill({ pid, stdout }: SearchProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    // It has ended already.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
  stdout.destroy();
}

/**
 * As git does in a repository, its parents' rules among them. Elsewhere only the rules in the directory itself and below count: a
 * `.gitignore` of the home directory may leave out everything.
 */
async function ignoring(cwd: string): Promise<readonly string[]> {
  return (await isInRepository(cwd)) ? [] : ['--no-require-git', '--no-ignore-parent'];
}
