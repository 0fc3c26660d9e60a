/** Why a registration failed. */
export type RegistrationFault =
  | 'network'
  | 'deadline'
  | 'redirect'
  | 'not-json'
  | 'missing-fields'
  | 'insecure'
  | 'token-refused'
  | 'not-found'
  | 'conflict'
  | 'too-many'
  | 'server-error'
  | 'refused';

/** A registration that failed; the message says what to do. */
export class RegistrationError extends Error {
  override readonly name = 'RegistrationError';
  /** HTTP status, where there was an answer. */
  readonly status: number | undefined;
  /** The server's own code, where it gave one. */
  readonly errorCode: string | undefined;
  /** What `Retry-After` asked for, in ms. */
  readonly retryAfterMs: number | undefined;

  constructor(
    readonly fault: RegistrationFault,
    message: string,
    details: {
      status?: number;
      errorCode?: string | undefined;
      retryAfterMs?: number | undefined;
      cause?: unknown;
    } = {},
  ) {
    super(message, { cause: details.cause });
    this.status = details.status;
    this.errorCode = details.errorCode;
    this.retryAfterMs = details.retryAfterMs;
  }

  /** Network failures, 429 and 5xx pass by themselves; everything else needs somebody to act (protocol section 1). */
  get retryable(): boolean {
    return ['network', 'deadline', 'too-many', 'server-error'].includes(this.fault);
  }
}
