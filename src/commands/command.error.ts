import { ConversationError } from '../conversations/index.js';
import { AccessRefusedError } from '../permissions/index.js';
import { ERROR_CODES, type ErrorCode } from '../protocol/index.js';
import { PathDeniedError, PathRefusedError } from '../workspace/index.js';

/**
 * What a handler throws to fail with a code of the table; anything else it throws is `COMMAND_FAILED` with its message.
 *
 * @publicApi
 */
export class CommandError extends Error {
  override readonly name = 'CommandError';

  constructor(
    readonly code: ErrorCode,
    message: string = ERROR_CODES[code].message,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The code under which an error is answered. */
export function codeOf(error: unknown): ErrorCode {
  if (error instanceof CommandError || error instanceof ConversationError) return error.code;
  if (error instanceof AccessRefusedError) return 'ACCESS_REFUSED';
  if (error instanceof PathDeniedError) return 'PATH_DENIED';
  return error instanceof PathRefusedError ? 'PATH_REFUSED' : 'COMMAND_FAILED';
}

/** Whether an error tells its asker all there is to know; others belong into the log too. */
export function isExpected(error: unknown): boolean {
  if (codeOf(error) !== 'COMMAND_FAILED' || error instanceof CommandError) return true;
  return error instanceof Error && 'syscall' in error;
}
