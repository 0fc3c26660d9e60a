import {
  ERROR_CODES,
  errorBody,
  retryAfterSeconds,
  statusOf,
  type ErrorBody,
  type ErrorCode,
} from '../protocol/index.js';

/** Codes that pass by themselves, or once somebody made room: the peer is told when to come back, in ms. */
const COMES_BACK: Readonly<Partial<Record<ErrorCode, number>>> = {
  NOT_READY: 1_000,
  DRAINING: 1_000,
  ADMIT_TIMEOUT: 1_000,
  NODE_AWAY: 1_000,
  ENGINE_AWAY: 1_000,
  REGISTRATION_NOT_KEPT: 10_000,
  CHANGE_NOT_KEPT: 10_000,
  AUDIT_NOT_KEPT: 10_000,
  IDENTITY_PROVIDER_UNREACHABLE: 5_000,
  IDENTITY_PROVIDER_KEY_UNUSABLE: 60_000,
};

export interface RelayErrorOptions extends ErrorOptions {
  /** When to come back; default: by code. */
  readonly retryAfterMs?: number;
}

/**
 * What the relay answers instead of what was asked, over REST and in refused upgrades alike (protocol section 1).
 *
 * @publicApi
 */
export class RelayError extends Error {
  override readonly name = 'RelayError';

  /** In ms; undefined: there is no use in coming back. */
  readonly retryAfterMs: number | undefined;

  /** @param message what to do; default: the text of the table of codes */
  constructor(
    readonly code: ErrorCode,
    message: string = ERROR_CODES[code].message,
    { retryAfterMs = COMES_BACK[code], ...options }: RelayErrorOptions = {},
  ) {
    super(message, options);
    this.retryAfterMs = retryAfterMs;
  }

  get status(): number {
    return statusOf(this.code);
  }

  get body(): ErrorBody {
    return errorBody(this.code, this.message);
  }

  get headers(): Readonly<Record<string, string>> {
    if (this.status === 401) return { 'WWW-Authenticate': 'Bearer' };
    return this.retryAfterMs === undefined ? {} : { 'Retry-After': String(retryAfterSeconds(this.retryAfterMs)) };
  }
}
