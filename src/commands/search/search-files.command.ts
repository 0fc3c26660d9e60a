import fuzzysort from 'fuzzysort';
import path from 'node:path';
import { IsNotEmpty, IsString, MaxLength } from 'class-validator';
import { WholeNumber } from '../../config/index.js';
import { Workspace } from '../../workspace/index.js';
import { CommandsOptions } from '../commands.options.js';
import { DeviceCommand } from '../device-command.decorator.js';
import type { CommandContext, DeviceCommandOf } from '../device-command.js';
import { directoryOf } from '../directory.js';
import { IsOmittable } from '../omittable.decorator.js';
import { type FoundPath, RankedPaths } from './ranked-paths.js';
import { Ripgrep } from './ripgrep.js';
import { MAX_QUERY_LENGTH, NOT_GIT } from './search-limits.js';

/** Found paths of one answer where the command does not say how many. */
const DEFAULT_RESULTS = 100;
/** Paths that are ranked at once, in a millisecond or two. */
const BATCH = 100;

export class SearchFilesDto {
  @IsString()
  @MaxLength(MAX_QUERY_LENGTH)
  query!: string;

  @IsOmittable()
  @WholeNumber({ min: 1 })
  max_results?: number;

  @IsOmittable()
  @WholeNumber({ min: 0 })
  offset?: number;

  @IsOmittable()
  @IsString()
  @IsNotEmpty()
  cwd?: string;
}

/**
 * Finds files, and directories that have some, by a part of their path: letters in between may be left out. The best come first. What
 * git ignores is left out. `hasMore` says that there are more than `offset` and `max_results` (100) show, `total` how many were
 * found; `timed_out`, that the search was cut at its deadline. `TOO_MANY`: so many searches run already.
 */
@DeviceCommand('search_files', SearchFilesDto)
export class SearchFilesCommand implements DeviceCommandOf<SearchFilesDto> {
  constructor(
    private readonly workspace: Workspace,
    private readonly ripgrep: Ripgrep,
    private readonly options: CommandsOptions,
  ) {}

  async handle(search: SearchFilesDto, { signal }: CommandContext): Promise<object> {
    const { query, max_results = DEFAULT_RESULTS, offset = 0 } = search;
    const cwd = await directoryOf(this.workspace, search.cwd);
    const to = Math.min(offset + max_results, this.options.maxEntries);
    const ranked = new RankedPaths(query, to);
    const isShown = (found: FoundPath): boolean => !this.workspace.denies(path.join(cwd, found.path));
    const folders = new Set<string>();
    let batch: FoundPath[] = [];
    const rank = (): void => {
      ranked.add(batch, isShown);
      // It remembers whatever it has seen.
      fuzzysort.cleanup();
      batch = [];
    };
    const run = { args: ['--files', '--null', NOT_GIT], cwd, separator: 0, signal };
    const { isTimedOut } = await this.ripgrep.search(run, (piece) => {
      const file = piece.toString('utf8').replace(/^\.\//, '');
      batch.push(...newFolders(file, folders), { path: file, type: 'file' });
      if (batch.length >= BATCH) rank();
      return true;
    });
    rank();
    return {
      files: ranked.paths.slice(offset, to),
      total: ranked.total,
      hasMore: ranked.total > to || isTimedOut,
      ...(isTimedOut ? { timed_out: true } : {}),
    };
  }

  errorFields(): object {
    return { files: [] };
  }
}

/** The directories above a file that were not known yet. */
function newFolders(file: string, known: Set<string>): FoundPath[] {
  const fresh: FoundPath[] = [];
  for (
    let folder = path.posix.dirname(file);
    folder !== '.' && !known.has(folder);
    folder = path.posix.dirname(folder)
  ) {
    known.add(folder);
    fresh.push({ path: folder, type: 'dir' });
  }
  return fresh;
}
