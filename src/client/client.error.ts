import type { Frame } from '../protocol/index.js';

/** The codes that this library gives beside those of the relay and the device, and what to do about each. */
export const CLIENT_ERROR_CODES = {
  RELAY_UNREACHABLE:
    'Nothing that speaks Twinlane answers at the address; see whether the relay runs, and whether the address is right.',
  RELAY_REFUSED: 'The relay, or a proxy before it, said no without a code; `status` and the message say more.',
  DISCONNECTED: 'The attachment is closed, or the relay stayed away for longer than `reconnectForMs`; attach again.',
  TURN_OUTCOME_UNKNOWN:
    'The turn is over, and how it ended was among events that are no longer kept; look at what it did.',
  NOT_SENT: 'The command never left: there was no link in time. It may be given again.',
} as const;

/** A code of this library's own. */
export type ClientErrorCode = keyof typeof CLIENT_ERROR_CODES;

/**
 * What every error of this library is. What a caller gave up by an `AbortSignal` is none: it rejects with the reason of the signal.
 *
 * @publicApi
 */
export abstract class TwinlaneError extends Error {
  /** Stable: of `CLIENT_ERROR_CODES`, or of the relay's table of error codes. The message is for people, and says what to do. */
  abstract readonly code: string;
}

/** Nothing that speaks Twinlane answers at the relay's address. */
export class RelayUnreachableError extends TwinlaneError {
  override readonly name = 'RelayUnreachableError';
  readonly code = 'RELAY_UNREACHABLE' satisfies ClientErrorCode;

  constructor(
    /** Its origin. */
    readonly server: string,
    detail: string,
    options?: ErrorOptions,
  ) {
    super(`No relay answers at ${server} (${detail}). Is it running, and is the address right?`, options);
  }
}

/** The relay does not know the token, or it no longer does. */
export class TokenRefusedError extends TwinlaneError {
  override readonly name = 'TokenRefusedError';

  constructor(
    message: string,
    /** `TOKEN_REFUSED`, `TOKEN_REVOKED` or `TOKEN_EXPIRED`. */
    readonly code: string = 'TOKEN_REFUSED',
  ) {
    super(message);
  }
}

/** The relay does not know this environment. */
export class EnvironmentNotFoundError extends TwinlaneError {
  override readonly name = 'EnvironmentNotFoundError';
  readonly code = 'ENVIRONMENT_UNKNOWN';

  constructor(
    /** As it was asked for. */
    readonly environment: string,
    message: string,
  ) {
    super(message);
  }
}

/** The relay answered, and said no for another reason: an origin that is not allowed, a limit, a restart. */
export class RelayRefusedError extends TwinlaneError {
  override readonly name = 'RelayRefusedError';
  /** From the relay's table of error codes; `RELAY_REFUSED` where it sent none. */
  readonly code: string;

  constructor(
    /** Of HTTP; 0 where a browser hides it. */
    readonly status: number,
    code: string | undefined,
    message: string,
    /** When it said to come back, in ms. Undefined where it did not say so, or a browser hides it. */
    readonly retryAfterMs?: number,
  ) {
    super(message);
    this.code = code ?? ('RELAY_REFUSED' satisfies ClientErrorCode);
  }
}

/** A command that the device or the relay refused, that failed, or that nobody answered in time. */
export class CommandError extends TwinlaneError {
  override readonly name = 'CommandError';

  constructor(
    /** Its type. */
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
export class DisconnectedError extends TwinlaneError {
  override readonly name = 'DisconnectedError';
  readonly code = 'DISCONNECTED' satisfies ClientErrorCode;
}

/** A turn whose end lies in events that are no longer kept: it is over, how it ended is not known. */
export class TurnOutcomeUnknownError extends TwinlaneError {
  override readonly name = 'TurnOutcomeUnknownError';
  readonly code = 'TURN_OUTCOME_UNKNOWN' satisfies ClientErrorCode;
}
