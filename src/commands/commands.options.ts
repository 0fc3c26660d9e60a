import { IsInt, Min } from 'class-validator';
import { DEFAULT_MAX_ANSWER_BYTES } from '../protocol/index.js';

export const COMMANDS_OPTIONS = Symbol('COMMANDS_OPTIONS');

/** Bytes of an answer, or a frame, left for what stands around its content. */
export const AROUND_CONTENT_BYTES = 64 * 1024;

/** Limits of commands. */
export class CommandsOptions {
  /** Milliseconds a command may take unless its handler says otherwise. Default: 60,000. */
  @IsInt()
  @Min(1)
  commandDeadlineMs = 60_000;

  /**
   * Bytes of file content, encoded, in one answer; also the largest file that `edit_file` takes. Never more than fits into one
   * answer of the server (`maxAnswerBytes` of the emitter; without chunks, one frame). Default: 64 MiB.
   */
  @IsInt()
  @Min(1)
  maxAnswerBytes = DEFAULT_MAX_ANSWER_BYTES;

  /** Entries in one answer of `list_in_directory` and `get_tree`. Default: 10,000. */
  @IsInt()
  @Min(1)
  maxEntries = 10_000;

  /** Ended commands that are recognised when they come again; as many of those that nobody answers. Default: 1,024 (protocol section 5). */
  @IsInt()
  @Min(1)
  maxRememberedRequests = 1_024;

  /**
   * Bytes up to which an answer is kept for a command that comes again. Larger ones come from reading mostly, which is
   * done again; any other command then fails, and says that it has run. Default: 16,384.
   */
  @IsInt()
  @Min(0)
  maxRememberedAnswerBytes = 16_384;
}
