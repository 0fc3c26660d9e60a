import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { DirectoryLockedError, lockDirectory } from '../../journal/index.js';
import { CliError } from '../cli.error.js';
import { withFile } from './with-file.js';

/** Only its owner reads and writes. */
const PRIVATE_DIRECTORY = 0o700;

/** A folder of the data directory that no other process uses meanwhile. */
export interface OwnFolder {
  readonly path: string;
  /** Releases it when what was to use it fails to start. */
  keepIf<T>(started: Promise<T>): Promise<T>;
  release(): void;
}

/**
 * Makes a folder where it is missing, and this process the only one that uses it.
 *
 * @param taken what to tell when another process uses it; the pid comes as ` (pid 1)`, or empty
 * @throws CliError when another process uses it, or it cannot be made
 */
export async function ownFolder(
  dataDir: string,
  parts: readonly string[],
  taken: (pid: string) => string,
): Promise<OwnFolder> {
  const folder = path.resolve(dataDir, ...parts);
  await withFile(folder, 'written', () => mkdir(folder, { recursive: true, mode: PRIVATE_DIRECTORY }));
  try {
    const lock = lockDirectory(folder);
    const release = (): void => lock.release();
    const keepIf = <T>(started: Promise<T>): Promise<T> =>
      started.catch((error: unknown) => {
        release();
        throw error;
      });
    return { path: folder, keepIf, release };
  } catch (cause) {
    if (!(cause instanceof DirectoryLockedError)) throw cause;
    throw new CliError(taken(cause.pid === undefined ? '' : ` (pid ${cause.pid})`), undefined, { cause });
  }
}
