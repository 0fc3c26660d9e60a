import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Writable } from 'node:stream';
import type { Clock } from '../../protocol/index.js';
import { CliError } from '../cli.error.js';
import { codeOf } from '../code-of.js';
import { visible } from '../text.js';
import { oneToken } from './one-token.js';

/** It may ask a person to sign in, in ms. */
const MOST_MS = 60_000;
/** Bytes that it may print; tokens have a few thousand. */
const MOST_BYTES = 64 * 1024;

export interface CommandTokenParts {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Where its standard error is shown. */
  readonly stderr: Writable;
  readonly clock: Clock;
}

/**
 * Runs a command line in the system's shell, which prints a token.
 *
 * @throws CliError when it fails, takes more than a minute, or prints anything else; what it printed is not in the message
 */
export async function commandToken(command: string, { env, cwd, stderr, clock }: CommandTokenParts): Promise<string> {
  // A group of its own: what a shell has started ends with it.
  const child = spawn(command, { shell: true, env, cwd, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  let ended: string | undefined;
  const end = (why: string): void => {
    ended ??= why;
    endGroup(child);
  };
  const timer = clock.after(MOST_MS, () => end(`did not end within ${MOST_MS / 1_000} s`));
  let printed = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    printed += part;
    if (printed.length > MOST_BYTES) end('printed more than a token');
  });
  child.stderr.setEncoding('utf8').on('data', (part: string) => stderr.write(visible(part)));
  try {
    const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
    if (ended === undefined && code !== 0) ended = `ended with ${code === null ? String(signal) : `exit code ${code}`}`;
  } catch (cause) {
    ended = `could not be run (${codeOf(cause)})`;
  } finally {
    timer.cancel();
  }
  const token = ended === undefined ? oneToken(printed) : undefined;
  if (token !== undefined) return token;
  throw new CliError(
    `The command of TWINLANE_TOKEN_COMMAND (--token-command) ${ended ?? 'does not print one token and nothing else'}.`,
  );
}

function endGroup(child: ChildProcess): void {
  const { pid } = child;
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended by itself, or this system has no groups.
    child.kill('SIGKILL');
  }
}
