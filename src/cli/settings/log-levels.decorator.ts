import { ValidateBy } from 'class-validator';
import { LOG_LEVELS, LogLevels, LogLevelsError } from '../../observability/index.js';

const WANTS = `${LOG_LEVELS.join(', ')}, and for single rooms room=level, separated by commas: info,relay/routing=debug`;

/** A text that `LogLevels` takes. */
export function IsLogLevels(): PropertyDecorator {
  return ValidateBy({
    name: 'isLogLevels',
    validator: { validate: isLogLevels, defaultMessage: () => `$property must be one of ${WANTS}` },
  });
}

function isLogLevels(value: unknown): boolean {
  try {
    return typeof value === 'string' && new LogLevels(value) instanceof LogLevels;
  } catch (error) {
    if (error instanceof LogLevelsError) return false;
    throw error;
  }
}
