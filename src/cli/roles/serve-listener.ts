import type { CliIo } from '../cli-io.js';
import { CliError } from '../cli.error.js';
import { EXIT } from '../exit-codes.js';
import { aborted } from '../waiting.js';
import type { RunningListener } from './run-listener.js';

/**
 * Stays until somebody asks the process to stop, or the listener gives up.
 *
 * @param banner said once the environment is online
 * @returns the exit code
 * @throws CliError when the listener gave up for a reason that needs somebody to act
 */
export async function serveListener(listener: RunningListener, io: CliIo, banner: () => string): Promise<number> {
  const interruption = aborted(io.interrupted);
  if ((await Promise.race([listener.ready, interruption])) === true) io.stdout.write(banner());
  const stop = await Promise.race([listener.stopped, interruption]);
  if (!stop) return EXIT.OK;
  const text = `The listener stopped: ${stop.reason}`;
  if (stop.exitCode !== EXIT.OK) throw new CliError(text, stop.exitCode);
  io.stderr.write(`${text}\n`);
  return EXIT.OK;
}
