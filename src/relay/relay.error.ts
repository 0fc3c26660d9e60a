import { ERROR_CODES, errorBody, statusOf, type ErrorBody, type ErrorCode } from '../protocol/index.js';

/** Codes that pass by themselves: the peer is told when to come back. */
const COMES_BACK: ReadonlySet<ErrorCode> = new Set(['NOT_READY', 'DRAINING', 'ADMIT_TIMEOUT']);

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
    if (COMES_BACK.has(this.code)) return { 'Retry-After': '1' };
    return {};
  }
}
