/** What is known of an answer that refused; all of it is undefined where there was no answer. */
export interface RefusalDetails {
  readonly status?: number | undefined;
  readonly errorCode?: string | undefined;
  readonly retryAfterMs?: number | undefined;
  readonly cause?: unknown;
}

/** A server could not be reached, or refused; the message says what to do. */
export abstract class ServerRefusalError extends Error {
  /** HTTP status, where there was an answer. */
  readonly status: number | undefined;
  /** The server's own code, where it gave one. */
  readonly errorCode: string | undefined;
  /** What `Retry-After` asked for, in ms. */
  readonly retryAfterMs: number | undefined;

  constructor(message: string, { status, errorCode, retryAfterMs, cause }: RefusalDetails = {}) {
    super(message, { cause });
    this.status = status;
    this.errorCode = errorCode;
    this.retryAfterMs = retryAfterMs;
  }
}
