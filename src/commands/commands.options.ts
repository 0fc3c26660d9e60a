import { IsNotEmpty, IsOptional, IsString } from 'class-validator';
import { Bytes, Milliseconds, WholeNumber } from '../config/index.js';
import { DEFAULT_MAX_ANSWER_BYTES } from '../protocol/index.js';

export const COMMANDS_OPTIONS = Symbol('COMMANDS_OPTIONS');

/** Bytes of an answer, or a frame, left for what stands around its content. */
export const AROUND_CONTENT_BYTES = 64 * 1024;

/** Limits of commands. */
export class CommandsOptions {
  /** Milliseconds a command may take unless its handler says otherwise. Default: 60,000. */
  @Milliseconds({ min: 1 })
  commandDeadlineMs = 60_000;

  /**
   * Bytes of file content, encoded, in one answer; also the largest file that `edit_file` takes. Never more than fits into one
   * answer of the server (`maxAnswerBytes` of the emitter; without chunks, one frame). Default: 64 MiB.
   */
  @Bytes()
  maxAnswerBytes = DEFAULT_MAX_ANSWER_BYTES;

  /** Entries in one answer of `list_in_directory`, `get_tree` and `search_files`. Default: 10,000. */
  @WholeNumber({ min: 1 })
  maxEntries = 10_000;

  /** Ended commands that are recognised when they come again; as many of those that nobody answers. Default: 1,024 (protocol section 5). */
  @WholeNumber({ min: 1 })
  maxRememberedRequests = 1_024;

  /**
   * Bytes up to which an answer is kept for a command that comes again. Larger ones come from reading mostly, which is
   * done again; any other command then fails, and says that it has run. Default: 16,384.
   */
  @Bytes({ min: 0 })
  maxRememberedAnswerBytes = 16_384;

  /** Milliseconds after which a search is cut; what was found until then is its answer. Below `commandDeadlineMs`. Default: 10,000. */
  @Milliseconds({ min: 1 })
  searchDeadlineMs = 10_000;

  /** Searches that run at the same time. Default: 8. */
  @WholeNumber({ min: 1 })
  maxSearches = 8;

  /** Matches in one answer of `grep_in_files`. Default: 1,000. */
  @WholeNumber({ min: 1 })
  maxMatches = 1_000;

  /** UTF-16 units of a line that `grep_in_files` shows. Default: 2,000. */
  @WholeNumber({ min: 1 })
  maxLineLength = 2_000;

  /** Files that clients watch at the same time, and apart from them repositories whose branch is. Default: 256. */
  @WholeNumber({ min: 1 })
  maxWatches = 256;

  /** Milliseconds between two looks at a watched file that changes all the time. Default: 100. */
  @Milliseconds({ min: 1 })
  watchIntervalMs = 100;

  /** Milliseconds that reading a repository for the device status may take; then it is shown as it was. Default: 5,000. */
  @Milliseconds({ min: 1 })
  gitContextDeadlineMs = 5_000;

  /** Repositories that are read at the same time for the device status; more of them wait. Default: 4. */
  @WholeNumber({ min: 1 })
  maxGitContexts = 4;

  /** The program that searches. Default: the ripgrep that comes with `@vscode/ripgrep`. */
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  ripgrep?: string;
}
