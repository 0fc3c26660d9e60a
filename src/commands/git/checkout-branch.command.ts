import { IsBoolean, IsNotEmpty, IsString, Matches, MaxLength } from 'class-validator';
import type { Frame } from '../../protocol/index.js';
import { Workspace } from '../../workspace/index.js';
import { CommandError } from '../command.error.js';
import { DeviceCommand } from '../device-command.decorator.js';
import type { CommandContext, DeviceCommandOf } from '../device-command.js';
import { directoryOf } from '../directory.js';
import { IsOmittable } from '../omittable.decorator.js';
import { Git } from './git.js';
import { GitContexts } from './git-contexts.js';
import { MAX_BRANCH_LENGTH } from './branch-limits.js';
import { assertRepository, branchesOf } from './repository.js';

export class CheckoutBranchDto {
  @IsString()
  @IsNotEmpty()
  @MaxLength(MAX_BRANCH_LENGTH)
  @Matches(/^[^-\p{Cc}]\P{Cc}*$/u, {
    message: '$property must be the name of a branch; what begins with "-" would be an option',
  })
  branch!: string;

  @IsOmittable()
  @IsBoolean()
  create?: boolean;

  @IsOmittable()
  @IsString()
  @IsNotEmpty()
  cwd?: string;
}

/**
 * Changes to a branch, or with `create` to a new one that begins here; to one of a remote by a local one that follows it. Fails with git's own
 * reason, for instance where changes would be lost. Hooks do not run; filters that
 * git is configured with do. The repository has to lie in the workspace (`PATH_REFUSED`).
 */
@DeviceCommand('checkout_branch', CheckoutBranchDto)
export class CheckoutBranchCommand implements DeviceCommandOf<CheckoutBranchDto> {
  constructor(
    private readonly workspace: Workspace,
    private readonly git: Git,
    private readonly contexts: GitContexts,
  ) {}

  async handle({ branch, create = false, cwd }: CheckoutBranchDto, { signal }: CommandContext): Promise<object> {
    const directory = await directoryOf(this.workspace, cwd);
    await assertRepository(directory);
    await this.assertInside(directory, signal);
    await this.git.run(
      directory,
      ['switch', '--quiet', ...(await this.how(directory, branch, create, signal))],
      signal,
    );
    const now = await this.git.run(directory, ['symbolic-ref', '--short', 'HEAD'], signal);
    this.contexts.refreshAll();
    return { branch: now.trim() };
  }

  errorFields(frame: Frame): object {
    return { branch: frame['branch'] };
  }

  private async how(cwd: string, branch: string, create: boolean, signal: AbortSignal): Promise<string[]> {
    if (create) return ['--create', branch];
    const named = (await branchesOf(this.git, cwd, signal)).filter(({ name }) => name === branch);
    const isOfRemote = named.length > 0 && named.every(({ is_remote }) => is_remote);
    return isOfRemote ? ['--track', branch] : [branch];
  }

  /** It changes all of the repository's files. */
  private async assertInside(cwd: string, signal: AbortSignal): Promise<void> {
    const root = await this.git.root(cwd, signal);
    if (this.workspace.holds(root)) return;
    throw new CommandError(
      'PATH_REFUSED',
      `The repository begins at ${root}, outside of the workspace ${this.workspace.root}; have a listener serve all of it.`,
    );
  }
}
