import { type RefusalDetails, ServerRefusalError } from './server-refusal.error.js';

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
export class RegistrationError extends ServerRefusalError {
  override readonly name = 'RegistrationError';

  constructor(
    readonly fault: RegistrationFault,
    message: string,
    details?: RefusalDetails,
  ) {
    super(message, details);
  }

  /** Network failures, 429 and 5xx pass by themselves; everything else needs somebody to act (protocol section 1). */
  get retryable(): boolean {
    return ['network', 'deadline', 'too-many', 'server-error'].includes(this.fault);
  }
}
