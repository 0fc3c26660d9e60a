import type { Frame } from '../protocol/index.js';

/** Nothing that speaks Twinlane answers at the relay's address. */
export class RelayUnreachableError extends Error {
  override readonly name = 'RelayUnreachableError';

  constructor(
    readonly server: string,
    detail: string,
    options?: ErrorOptions,
  ) {
    super(`No relay answers at ${server} (${detail}). Is it running, and is the address right?`, options);
  }
}

/** The relay does not know the token, or it no longer does. */
export class TokenRefusedError extends Error {
  override readonly name = 'TokenRefusedError';
}

/** The relay does not know this environment. */
export class EnvironmentNotFoundError extends Error {
  override readonly name = 'EnvironmentNotFoundError';

  constructor(
    readonly environment: string,
    message: string,
  ) {
    super(message);
  }
}

/** The relay answered, and said no for another reason: an origin that is not allowed, a limit, a restart. */
export class RelayRefusedError extends Error {
  override readonly name = 'RelayRefusedError';

  constructor(
    readonly status: number,
    /** From the relay's table of error codes, where it sent one. */
    readonly code: string | undefined,
    message: string,
    /** When it said to come back, in ms. Undefined where it did not say so, or a browser hides it. */
    readonly retryAfterMs?: number,
  ) {
    super(message);
  }
}

/** A command that the device or the relay refused, that failed, or that nobody answered in time. */
export class CommandError extends Error {
  override readonly name = 'CommandError';

  constructor(
    readonly command: string,
    /** From the table of error codes; `COMMAND_FAILED` where the device names none. */
    readonly code: string,
    message: string,
    /** The whole answer, where there was one. */
    readonly answer?: Frame,
  ) {
    super(message);
  }
}

/** The attachment is closed, or the relay stayed away for longer than `reconnectForMs`; `cause` says what was tried last. */
export class DisconnectedError extends Error {
  override readonly name = 'DisconnectedError';
}

/** A turn whose end lies in events that are no longer kept: it is over, how it ended is not known. */
export class TurnOutcomeUnknownError extends Error {
  override readonly name = 'TurnOutcomeUnknownError';
}
