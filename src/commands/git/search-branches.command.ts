import fuzzysort from 'fuzzysort';
import { IsNotEmpty, IsString, MaxLength } from 'class-validator';
import { WholeNumber } from '../../config/index.js';
import { Workspace } from '../../workspace/index.js';
import { CommandsOptions } from '../commands.options.js';
import { DeviceCommand } from '../device-command.decorator.js';
import type { CommandContext, DeviceCommandOf } from '../device-command.js';
import { directoryOf } from '../directory.js';
import { IsOmittable } from '../omittable.decorator.js';
import { MAX_BRANCH_LENGTH } from './branch-limits.js';
import { Git } from './git.js';
import { assertRepository, type Branch, branchesOf } from './repository.js';

export class SearchBranchesDto {
  @IsOmittable()
  @IsString()
  @MaxLength(MAX_BRANCH_LENGTH)
  query?: string;

  @IsOmittable()
  @WholeNumber({ min: 1 })
  max_results?: number;

  @IsOmittable()
  @IsString()
  @IsNotEmpty()
  cwd?: string;
}

/**
 * Finds branches by letters of their names, the best first; without a query all of them, those of remotes last. `hasMore` says that
 * there are more than `max_results` show.
 */
@DeviceCommand('search_branches', SearchBranchesDto)
export class SearchBranchesCommand implements DeviceCommandOf<SearchBranchesDto> {
  constructor(
    private readonly workspace: Workspace,
    private readonly git: Git,
    private readonly options: CommandsOptions,
  ) {}

  async handle({ query = '', max_results, cwd }: SearchBranchesDto, { signal }: CommandContext): Promise<object> {
    const directory = await directoryOf(this.workspace, cwd);
    await assertRepository(directory);
    const found = fitting(await branchesOf(this.git, directory, signal), query.trim());
    const shown = found.slice(0, Math.min(max_results ?? Infinity, this.options.maxEntries));
    return { branches: shown, hasMore: shown.length < found.length };
  }

  errorFields(): object {
    return { branches: [] };
  }
}

function fitting(branches: readonly Branch[], query: string): readonly Branch[] {
  if (query === '') return branches;
  const results = fuzzysort.go(query, branches, { key: 'name', limit: 0, threshold: 0 });
  return results.map(({ obj }) => obj);
}
