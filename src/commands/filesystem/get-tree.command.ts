import path from 'node:path';
import { IsNotEmpty, IsString } from 'class-validator';
import { WholeNumber } from '../../config/index.js';
import type { Frame } from '../../protocol/index.js';
import { Workspace } from '../../workspace/index.js';
import { CommandsOptions } from '../commands.options.js';
import { DeviceCommand } from '../device-command.decorator.js';
import type { DeviceCommandOf } from '../device-command.js';
import { directoryEntries } from './directory-entries.js';

/** What a tree leaves out: large, and nobody's own work. */
const LEFT_OUT: ReadonlySet<string> = new Set(['.git', 'node_modules']);

export class GetTreeDto {
  @IsString()
  @IsNotEmpty()
  path!: string;

  @WholeNumber({ min: 1 })
  depth!: number;
}

interface TreeEntry {
  /** Relative to the root of the tree, with `/`. */
  readonly path: string;
  readonly type: 'file' | 'dir';
}

/**
 * Lists a directory and what is below it, level by level, at most `maxEntries`. `has_more_depth` says that there is
 * more: below `depth`, or beyond that bound (then also `truncated`). Links to directories are shown and not followed.
 */
@DeviceCommand('get_tree', GetTreeDto)
export class GetTreeCommand implements DeviceCommandOf<GetTreeDto> {
  constructor(
    private readonly workspace: Workspace,
    private readonly options: CommandsOptions,
  ) {}

  async handle({ path: wanted, depth }: GetTreeDto): Promise<object> {
    const root = await this.workspace.resolve(wanted);
    const entries: TreeEntry[] = [];
    let level = [''];
    for (let at = 1; at <= depth && level.length > 0; at++) {
      const below: string[] = [];
      for (const folder of level) {
        const found = await this.below(root, folder);
        entries.push(...found.entries);
        below.push(...found.folders);
        if (entries.length > this.options.maxEntries)
          return {
            path: wanted,
            entries: entries.slice(0, this.options.maxEntries),
            has_more_depth: true,
            truncated: true,
          };
      }
      level = below;
    }
    return { path: wanted, entries, has_more_depth: await this.hasAnyBelow(root, level) };
  }

  errorFields(frame: Frame): object {
    return { path: frame['path'], entries: [], has_more_depth: false };
  }

  private async below(root: string, folder: string): Promise<{ entries: TreeEntry[]; folders: string[] }> {
    const { folders, files, links } = await directoryEntries(this.workspace, path.join(root, folder));
    const shown = folders.filter((name) => !LEFT_OUT.has(name));
    const under = (name: string): string => (folder === '' ? name : `${folder}/${name}`);
    return {
      entries: [
        ...shown.map((name): TreeEntry => ({ path: under(name), type: 'dir' })),
        ...files.map((name): TreeEntry => ({ path: under(name), type: 'file' })),
      ],
      folders: shown.filter((name) => !links.has(name)).map(under),
    };
  }

  private async hasAnyBelow(root: string, level: readonly string[]): Promise<boolean> {
    for (const folder of level) {
      const { entries } = await this.below(root, folder);
      if (entries.length > 0) return true;
    }
    return false;
  }
}
