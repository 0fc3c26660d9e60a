import { ERROR_CODES, type ErrorCode } from '../protocol/index.js';

/** A conversation cannot do what was asked; the code goes into the command's answer. */
export class ConversationError extends Error {
  override readonly name = 'ConversationError';

  constructor(
    readonly code: ErrorCode,
    message: string = ERROR_CODES[code].message,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
