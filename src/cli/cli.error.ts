import { EXIT } from './exit-codes.js';

/** What ends a command with a message for people and an exit code. */
export class CliError extends Error {
  override readonly name = 'CliError';

  constructor(
    message: string,
    readonly exitCode: number = EXIT.FAILED,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The command line or the settings are not usable. */
export function usageError(message: string): CliError {
  return new CliError(message, EXIT.USAGE);
}
