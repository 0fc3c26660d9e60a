import { CliError } from '../cli.error.js';
import { EXIT } from '../exit-codes.js';

/**
 * Does something with a file of the data directory.
 *
 * @throws CliError when the disk does not let it, saying what to do: exit code 1 where trying again may help, else 2
 */
export async function withFile<T>(file: string, doing: 'read' | 'written', act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (cause) {
    // It brings the database along, which most commands do without.
    const { diskTrouble } = await import('../../journal/index.js');
    const trouble = diskTrouble(cause);
    if (!trouble) throw cause;
    const { why, todo, retriable } = trouble;
    const exitCode = retriable ? EXIT.FAILED : EXIT.USAGE;
    throw new CliError(`${file} cannot be ${doing}: ${why}. ${todo}, or choose another --data-dir.`, exitCode, {
      cause,
    });
  }
}
