import { EXIT } from '../exit-codes.js';

/** The steps of a checkup, in their order: each needs those before it. */
export const STEPS = ['resolve', 'reach', 'register', 'control', 'stream', 'round trip', 'clock'] as const;
export type StepName = (typeof STEPS)[number];

export interface StepResult {
  readonly step: StepName;
  readonly state: 'ok' | 'failed' | 'skipped';
  /** What was found; of a failed step, with what to do. Empty where it was not tried. */
  readonly detail: string;
}

/** A step that failed; its message says what to do. */
export class StepError extends Error {
  override readonly name = 'StepError';

  constructor(
    message: string,
    readonly exitCode: number = EXIT.UNREACHABLE,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
