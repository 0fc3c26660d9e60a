import path from 'node:path';
import { IsBoolean, IsNotEmpty, IsString, MaxLength } from 'class-validator';
import { WholeNumber } from '../../config/index.js';
import { Workspace } from '../../workspace/index.js';
import { CommandsOptions } from '../commands.options.js';
import { DeviceCommand } from '../device-command.decorator.js';
import type { CommandContext, DeviceCommandOf } from '../device-command.js';
import { directoryOf } from '../directory.js';
import { IsOmittable } from '../omittable.decorator.js';
import { GrepMatches } from './grep-matches.js';
import { readGrepOutput } from './grep-output.js';
import { Ripgrep } from './ripgrep.js';
import { MAX_QUERY_LENGTH, NOT_GIT } from './search-limits.js';

const LINE_FEED = 0x0a;
/** Lines around a match, at most. */
const MAX_CONTEXT = 20;

export class GrepInFilesDto {
  @IsString()
  @IsNotEmpty()
  @MaxLength(MAX_QUERY_LENGTH)
  query!: string;

  @IsOmittable()
  @IsBoolean()
  is_regex?: boolean;

  @IsOmittable()
  @IsBoolean()
  case_sensitive?: boolean;

  @IsOmittable()
  @IsBoolean()
  whole_word?: boolean;

  @IsOmittable()
  @IsString()
  @IsNotEmpty()
  @MaxLength(MAX_QUERY_LENGTH)
  glob?: string;

  @IsOmittable()
  @IsString()
  @IsNotEmpty()
  cwd?: string;

  @IsOmittable()
  @WholeNumber({ min: 1 })
  max_results?: number;

  @IsOmittable()
  @WholeNumber({ min: 0 })
  context_lines?: number;
}

/**
 * Finds a text, or with `is_regex` what an expression matches, in the lines of files, by path. Case does not count unless
 * `case_sensitive` says so. What git ignores and binary files are left out; `glob` picks files by name or path, then also ignored ones.
 * `column` and `column_end` count UTF-16 units from 1. A line beyond 2,000 is cut around its match; `text_column` says where it then
 * starts. `truncated`: there are more matches, or, with `timed_out`, the search was cut at its deadline. `TOO_MANY`: so many searches run already.
 */
@DeviceCommand('grep_in_files', GrepInFilesDto)
export class GrepInFilesCommand implements DeviceCommandOf<GrepInFilesDto> {
  constructor(
    private readonly workspace: Workspace,
    private readonly ripgrep: Ripgrep,
    private readonly options: CommandsOptions,
  ) {}

  async handle(grep: GrepInFilesDto, { signal }: CommandContext): Promise<object> {
    const { maxMatches, maxAnswerBytes, maxLineLength } = this.options;
    const cwd = await directoryOf(this.workspace, grep.cwd);
    const context = Math.min(grep.context_lines ?? 0, MAX_CONTEXT);
    const matches = new GrepMatches(
      {
        maxMatches: Math.min(grep.max_results ?? maxMatches, maxMatches),
        maxBytes: maxAnswerBytes,
        maxLineLength,
        context,
      },
      (file) => !this.workspace.denies(path.join(cwd, file)),
    );
    const run = { args: argumentsOf(grep, context), cwd, separator: LINE_FEED, signal };
    const { isTimedOut, leftOut } = await this.ripgrep.search(run, (piece) =>
      matches.take(readGrepOutput(piece.toString('utf8'))),
    );
    const { truncated, ...found } = matches.result();
    return {
      ...found,
      truncated: truncated || isTimedOut || leftOut > 0,
      ...(isTimedOut ? { timed_out: true } : {}),
    };
  }

  errorFields(): object {
    return { matches: [], total_matches: 0, total_files: 0, truncated: false };
  }
}

/** Whatever a client wrote is part of an argument, never one of its own. */
function argumentsOf(grep: GrepInFilesDto, context: number): string[] {
  return [
    '--json',
    '--sort=path',
    grep.case_sensitive ? '--case-sensitive' : '--ignore-case',
    ...(grep.is_regex ? [] : ['--fixed-strings']),
    ...(grep.whole_word ? ['--word-regexp'] : []),
    ...(context > 0 ? [`--context=${context}`] : []),
    ...(grep.glob === undefined ? [] : [`--glob=${grep.glob}`]),
    NOT_GIT,
    `--regexp=${grep.query}`,
  ];
}
