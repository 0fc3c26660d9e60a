import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { endProcesses } from '../../processes/index.js';
import type { Clock } from '../../protocol/index.js';
import { OutputPump, type OutputSink } from './output-pump.js';
import type { ShellOptions } from './shell.options.js';

export interface ShellExit {
  /** The shell's own exit code; null when a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** What is to run. */
export interface ShellCommand {
  /** For `-c`. */
  readonly command: string;
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

/** The shell did not start. */
export class ShellStartError extends Error {
  override readonly name = 'ShellStartError';

  constructor(shell: string, cwd: string, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(`${shell} did not start in ${cwd} (${reason}); see that both exist and that the command is not too long.`, {
      cause,
    });
  }
}

type ShellProcess = ChildProcessByStdio<null, Readable, Readable>;

/**
 * Runs a command line as the leader of a process group of its own. It has ended when the shell has exited and its pipes
 * are closed: background jobs that keep them keep it open, those with redirected output live on.
 *
 * @param signal ends the whole group
 * @throws ShellStartError
 */
export async function runShell(
  command: ShellCommand,
  sink: OutputSink,
  signal: AbortSignal,
  options: ShellOptions,
  clock: Clock,
): Promise<ShellExit> {
  const child = start(options.shell, command);
  const pump = new OutputPump(sink, clock, options);
  pump.attach('stdout', child.stdout);
  pump.attach('stderr', child.stderr);
  let ending: Promise<void> | undefined;
  const end = (): void => {
    ending ??= endProcesses({ group: child.pid }, 'SIGTERM', options.killGraceMs, clock).then(() => pump.abandon());
  };
  signal.addEventListener('abort', end, { once: true });
  if (signal.aborted) end();
  try {
    const [code, killedBy] = await closed(child, options.shell, command.cwd);
    await pump.drained();
    await ending;
    return { code, signal: killedBy };
  } finally {
    signal.removeEventListener('abort', end);
  }
}

function start(shell: string, { command, cwd, env }: ShellCommand): ShellProcess {
  try {
    return spawn(shell, ['-c', command], {
      cwd,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env,
    });
  } catch (cause) {
    throw new ShellStartError(shell, cwd, cause);
  }
}

async function closed(
  child: ShellProcess,
  shell: string,
  cwd: string,
): Promise<[number | null, NodeJS.Signals | null]> {
  try {
    return (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  } catch (cause) {
    throw new ShellStartError(shell, cwd, cause);
  }
}
