import { ERROR_CODES, errorBody, statusOf, type ErrorBody, type ErrorCode } from '../protocol/index.js';

/** Codes that pass by themselves, or once somebody made room: the peer is told when to come back, in seconds. */
const COMES_BACK: Readonly<Partial<Record<ErrorCode, number>>> = {
  NOT_READY: 1,
  DRAINING: 1,
  ADMIT_TIMEOUT: 1,
  REGISTRATION_NOT_KEPT: 10,
};

/**
 * What the relay answers instead of what was asked, over REST and in refused upgrades alike (protocol section 1).
 *
 * @publicApi
 */
export class RelayError extends Error {
  override readonly name = 'RelayError';

  /** @param message what to do; default: the text of the table of codes */
  constructor(
    readonly code: ErrorCode,
    message: string = ERROR_CODES[code].message,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }

  get status(): number {
    return statusOf(this.code);
  }

  get body(): ErrorBody {
    return errorBody(this.code, this.message);
  }

  get headers(): Readonly<Record<string, string>> {
    if (this.code === 'TOKEN_REFUSED') return { 'WWW-Authenticate': 'Bearer' };
    const seconds = COMES_BACK[this.code];
    return seconds === undefined ? {} : { 'Retry-After': String(seconds) };
  }
}
