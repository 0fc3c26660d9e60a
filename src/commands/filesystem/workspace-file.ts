import { constants, type Stats } from 'node:fs';
import { type FileHandle, lstat, open } from 'node:fs/promises';
import { PathRefusedError, type Workspace } from '../../workspace/index.js';
import { CommandError } from '../command.error.js';

/** A file of the workspace, open for reading. */
export interface OpenFile {
  /** Bytes. */
  readonly size: number;
  /** Reads up to `length` bytes from `offset`; fewer only at the end of the file. */
  read(offset: number, length: number): Promise<Buffer>;
}

/** No pipes or devices, which would make the reader wait: opening one does not block, and then it is refused. */
const FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/**
 * Opens a file, hands it over and closes it.
 *
 * @throws PathRefusedError also when a link was put in the way between looking and opening (reliability C35)
 */
export async function withFile<T>(
  workspace: Workspace,
  wanted: string,
  use: (file: OpenFile) => Promise<T>,
): Promise<T> {
  const handle = await open(await workspace.resolve(wanted), FLAGS);
  try {
    const opened = await handle.stat();
    const found = await lstat(await workspace.resolve(wanted));
    if (!isSame(opened, found)) throw new PathRefusedError(wanted, workspace.root);
    if (opened.isDirectory())
      throw new CommandError('COMMAND_FAILED', `EISDIR: illegal operation on a directory, read '${wanted}'`);
    if (!opened.isFile())
      throw new CommandError('COMMAND_FAILED', `${wanted} is not a regular file; only files can be read.`);
    return await use({ size: opened.size, read: (offset, length) => readRange(handle, offset, length) });
  } finally {
    await handle.close();
  }
}

function isSame(a: Stats, b: Stats): boolean {
  return a.dev === b.dev && a.ino === b.ino;
}

async function readRange(handle: FileHandle, offset: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await handle.read(buffer, filled, length - filled, offset + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}
