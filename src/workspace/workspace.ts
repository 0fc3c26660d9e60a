import { Injectable } from '@nestjs/common';
import { realpathSync } from 'node:fs';
import { readlink, realpath } from 'node:fs/promises';
import path from 'node:path';
import { DEFAULT_DENY, DenyList } from './deny-list.js';

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

/** A path of the workspace that the device keeps to itself, by its own name or by that of what a link points at. */
export class PathDeniedError extends Error {
  override readonly name = 'PathDeniedError';

  constructor(readonly path: string) {
    super(`${path} is kept from clients and agents by this device; what it keeps is set there, with TWINLANE_DENY.`);
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
  private readonly deny: DenyList;

  /**
   * @param root an existing directory
   * @param deny patterns of what is neither read nor written nor listed
   */
  constructor(root: string, deny: readonly string[] = DEFAULT_DENY) {
    this.root = realpathSync(root);
    this.deny = new DenyList(deny);
  }

  /** The patterns of what is neither read nor written nor listed, as `TWINLANE_DENY` has them. */
  get deniedPatterns(): readonly string[] {
    return this.deny.patterns;
  }

  /**
   * The real path of an existing file or directory, or of a new one in an existing directory.
   *
   * @param base what relative paths start from; default: the root
   * @throws PathRefusedError when it lies outside of the root, symbolic links followed
   * @throws PathDeniedError when the device keeps it to itself, as it was named or links followed
   */
  async resolve(wanted: string, base: string = this.root): Promise<string> {
    const absolute = path.resolve(base, wanted);
    const real = await this.realPathOf(absolute);
    if (!this.holds(real)) throw new PathRefusedError(wanted, this.root);
    if (this.denies(real) || this.denies(absolute)) throw new PathDeniedError(wanted);
    return real;
  }

  /** Whether a real path lies in the workspace. */
  holds(real: string): boolean {
    return real === this.root || real.startsWith(this.root.endsWith(path.sep) ? this.root : this.root + path.sep);
  }

  /** Whether a path of the workspace is kept from everybody; links are not followed here. What lists or searches leaves it out. */
  denies(absolute: string): boolean {
    return this.holds(absolute) && this.deny.denies(path.relative(this.root, absolute).replaceAll(path.sep, '/'));
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
