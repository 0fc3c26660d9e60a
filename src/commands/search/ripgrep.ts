import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { setImmediate as othersTurn } from 'node:timers/promises';
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
/** Milliseconds for which what was found is taken at once. */
const SLICE_MS = 2;

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

/** Is handed piece after piece; false ends the search. */
type Take = (piece: Buffer) => boolean;

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
   * @throws CommandError `TOO_MANY`, or `COMMAND_INVALID` with ripgrep's own reason when it does not understand what is searched
   */
  async search(run: SearchRun, take: Take): Promise<SearchEnd> {
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

  private follow(child: SearchProcess, { separator, signal }: SearchRun, take: Take): Promise<SearchEnd> {
    const pieces = new Pieces(separator, this.options.maxAnswerBytes);
    const over = new AbortController();
    let complaint = '';
    return new Promise<SearchEnd>((resolve, reject) => {
      const end = (settle: () => void): void => {
        if (over.signal.aborted) return;
        over.abort();
        timer.cancel();
        kill(child);
        settle();
      };
      const answer = (isTimedOut: boolean): void => end(() => resolve({ isTimedOut, leftOut: pieces.leftOut }));
      const fail = (error: unknown): void =>
        end(() => reject(error instanceof Error ? error : new Error(String(error))));
      const timer = this.clock.after(this.options.searchDeadlineMs, () => answer(true));
      signal.addEventListener('abort', () => fail(new CommandError('COMMAND_TIMEOUT')), { signal: over.signal });
      // When it has exited, Node lets what is left come at once, paused or not.
      let handing = Promise.resolve();
      child.stdout.on('data', (chunk: Buffer) => {
        child.stdout.pause();
        handing = handing
          .then(() => this.hand(pieces.cut(chunk), take, over.signal))
          .then((goesOn) => (goesOn ? void child.stdout.resume() : answer(false)))
          .catch(fail);
      });
      child.stderr.on('data', (chunk: Buffer) => {
        if (complaint.length < MAX_COMPLAINT_BYTES) complaint += chunk.toString('utf8');
      });
      child.on('error', (cause) => fail(notStarted(cause)));
      child.on('close', () => {
        if (complaint.trim() === '') void handing.then(() => answer(false));
        else fail(new CommandError('COMMAND_INVALID', `ripgrep cannot search that: ${complaint.trim()}`));
      });
    });
  }

  /** Others have their turn in between, however much there is to take. */
  private async hand(pieces: Iterable<Buffer>, take: Take, over: AbortSignal): Promise<boolean> {
    let begun = this.clock.elapsed();
    for (const piece of pieces) {
      if (over.aborted || !take(piece)) return false;
      if (this.clock.elapsed() - begun < SLICE_MS) continue;
      await othersTurn();
      begun = this.clock.elapsed();
    }
    return true;
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
