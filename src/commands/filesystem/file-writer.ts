import { randomBytes } from 'node:crypto';
import { type FileHandle, lstat, mkdir, open, realpath, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { Injectable } from '@nestjs/common';
import { PathRefusedError, Workspace } from '../../workspace/index.js';
import { Lanes } from '../lanes.js';
import { CommandError } from '../command.error.js';

/** Permission bits of a file's mode. */
const PERMISSIONS = 0o7777;

/** Changes files of the workspace. Changes to one file come one after the other. */
@Injectable()
export class FileWriter {
  private readonly lanes = new Lanes();

  constructor(private readonly workspace: Workspace) {}

  /** Runs work on a file while no other change to it is under way. */
  async exclusively<T>(wanted: string, work: (real: string) => Promise<T>): Promise<T> {
    const real = await this.workspace.resolve(wanted);
    return this.lanes.run(real, () => work(real));
  }

  /**
   * Replaces a file's content, or makes the file and the directories it needs. Readers see the old content or the new,
   * never a part; an existing file keeps its mode.
   *
   * @param real as `exclusively` gave it
   */
  async replace(real: string, content: string): Promise<void> {
    const directory = path.dirname(real);
    await mkdir(directory, { recursive: true });
    // A link may have come in the way since the path was resolved (reliability C35).
    if ((await realpath(directory)) !== directory) throw new PathRefusedError(real, this.workspace.root);
    const mode = await this.modeOf(real);
    const temporary = path.join(directory, `.twinlane-${randomBytes(8).toString('hex')}.tmp`);
    const handle = await open(temporary, 'wx', mode);
    try {
      await fill(handle, content, mode);
      await rename(temporary, real);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  }

  /** Undefined for a new file: the process's umask decides. */
  private async modeOf(real: string): Promise<number | undefined> {
    try {
      const found = await lstat(real);
      if (found.isDirectory())
        throw new CommandError('COMMAND_FAILED', `EISDIR: illegal operation on a directory, open '${real}'`);
      if (!found.isFile())
        throw new CommandError('COMMAND_FAILED', `${real} is not a regular file; only files can be written.`);
      return found.mode & PERMISSIONS;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }
}

async function fill(handle: FileHandle, content: string, mode: number | undefined): Promise<void> {
  try {
    await handle.writeFile(content, 'utf8');
    if (mode !== undefined) await handle.chmod(mode);
    // Else a power loss could leave the new name with nothing behind it.
    await handle.sync();
  } finally {
    await handle.close();
  }
}
