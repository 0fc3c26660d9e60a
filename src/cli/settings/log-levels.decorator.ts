import { ValidateBy } from 'class-validator';
import { LogLevels, LogLevelsError } from '../../observability/index.js';

/** A text that `LogLevels` takes. */
export function IsLogLevels(): PropertyDecorator {
  return ValidateBy({
    name: 'isLogLevels',
    validator: {
      validate: (value: unknown) => problemOf(value) === undefined,
      defaultMessage: (context) => `$property: ${problemOf(context?.value) ?? ''}`,
    },
  });
}

function problemOf(value: unknown): string | undefined {
  try {
    if (typeof value !== 'string') return 'it must be a text';
    return void new LogLevels(value);
  } catch (error) {
    if (error instanceof LogLevelsError) return error.message;
    throw error;
  }
}
