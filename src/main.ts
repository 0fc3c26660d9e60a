import { statSync } from 'node:fs';
import { constants } from 'node:os';
import type { Writable } from 'node:stream';
import { runCli } from './cli/index.js';

const ENV_FILE = '.env';
const SIGNALS = ['SIGINT', 'SIGTERM'] as const;
/** Exit codes for signals begin here. */
const SIGNAL_BASE = 128;

const interruption = new AbortController();

/** The first signal asks the command to come to an end, the second one ends the process. */
function ownSignals(): void {
  for (const signal of SIGNALS)
    process.on(signal, () => {
      if (interruption.signal.aborted) process.exit(SIGNAL_BASE + constants.signals[signal]);
      interruption.abort(signal);
    });
}

/** Resolves when everything written has left the process, or nobody reads it any more. */
function flushed(stream: Writable): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed || !stream.writable) return resolve();
    stream.once('error', () => resolve());
    stream.write('', () => resolve());
  });
}

ownSignals();
// Some keep a directory of that name.
if (statSync(ENV_FILE, { throwIfNoEntry: false })?.isFile()) process.loadEnvFile(ENV_FILE);
const exitCode = await runCli(process.argv.slice(2), {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  cwd: process.cwd(),
  interrupted: interruption.signal,
});
await Promise.all([flushed(process.stdout), flushed(process.stderr)]);
process.exit(exitCode);
