import { Injectable } from '@nestjs/common';
import { realpathSync } from 'node:fs';
import { readlink, realpath } from 'node:fs/promises';
import path from 'node:path';

/** A path that leads out of the workspace, by `..`, as an absolute path, or through a symbolic link. */
export class PathRefusedError extends Error {
  override readonly name = 'PathRefusedError';

  constructor(
    readonly path: string,
    readonly root: string,
  ) {
    super(`${path} is outside of the workspace ${root}; use a path inside it.`);
  }
}

/**
 * The directory a listener serves. Every path that comes off the wire goes through it (reliability C35).
 *
 * @publicApi
 */
@Injectable()
export class Workspace {
  /** Real path of the root. */
  readonly root: string;

  /** @param root an existing directory */
  constructor(root: string) {
    this.root = realpathSync(root);
  }

  /**
   * The real path of an existing file or directory, or of a new one in an existing directory.
   *
   * @param base what relative paths start from; default: the root
   * @throws PathRefusedError when it lies outside of the root, symbolic links followed
   */
  async resolve(wanted: string, base: string = this.root): Promise<string> {
    const absolute = path.resolve(base, wanted);
    const real = await this.realPathOf(absolute);
    if (!this.holds(real)) throw new PathRefusedError(wanted, this.root);
    return real;
  }

  /** Whether a real path lies in the workspace. */
  holds(real: string): boolean {
    return real === this.root || real.startsWith(this.root.endsWith(path.sep) ? this.root : this.root + path.sep);
  }

  /** Follows every link there is, also one that points at nothing; what does not exist yet stays as written below its nearest existing directory. */
  private async realPathOf(absolute: string): Promise<string> {
    try {
      return await realpath(absolute);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      const parent = path.dirname(absolute);
      if (parent === absolute) return absolute;
      const realParent = await this.realPathOf(parent);
      const target = await readlink(path.join(realParent, path.basename(absolute))).catch(() => undefined);
      if (target !== undefined) return this.realPathOf(path.resolve(realParent, target));
      return path.join(realParent, path.basename(absolute));
    }
  }
}
