import { IsBoolean, IsNotEmpty, IsString } from 'class-validator';
import { WholeNumber } from '../../config/index.js';
import type { Frame } from '../../protocol/index.js';
import { Workspace } from '../../workspace/index.js';
import { CommandsOptions } from '../commands.options.js';
import { DeviceCommand } from '../device-command.decorator.js';
import type { DeviceCommandOf } from '../device-command.js';
import { directoryEntries } from './directory-entries.js';
import { IsOmittable } from '../omittable.decorator.js';

export class ListInDirectoryDto {
  @IsString()
  @IsNotEmpty()
  path!: string;

  @IsOmittable()
  @IsBoolean()
  include_files?: boolean;

  @IsOmittable()
  @WholeNumber({ min: 1 })
  limit?: number;

  @IsOmittable()
  @WholeNumber({ min: 0 })
  offset?: number;
}

/** Lists a directory: folders, then files; `offset` and `limit` count over both. */
@DeviceCommand('list_in_directory', ListInDirectoryDto)
export class ListInDirectoryCommand implements DeviceCommandOf<ListInDirectoryDto> {
  constructor(
    private readonly workspace: Workspace,
    private readonly options: CommandsOptions,
  ) {}

  async handle({ path, include_files = false, limit, offset }: ListInDirectoryDto): Promise<object> {
    const { folders, files } = await directoryEntries(this.workspace, await this.workspace.resolve(path));
    const total = folders.length + (include_files ? files.length : 0);
    const from = offset ?? 0;
    const to = Math.min(total, from + Math.min(limit ?? Infinity, this.options.maxEntries));
    return {
      path,
      folders: folders.slice(from, to),
      ...(include_files
        ? { files: files.slice(Math.max(0, from - folders.length), Math.max(0, to - folders.length)) }
        : {}),
      hasMore: to < total,
      total,
    };
  }

  errorFields(frame: Frame): object {
    return { path: frame['path'], folders: [], hasMore: false };
  }
}
