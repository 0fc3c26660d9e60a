import { ValidateBy } from 'class-validator';
import { EMBEDDED } from './embedded.js';
import { NatsAddressError, parseNatsAddress } from './nats/connection/nats-address.js';

/** Takes `embedded`, and addresses of NATS. */
export function IsEngine(): PropertyDecorator {
  return ValidateBy({
    name: 'isEngine',
    validator: {
      validate: (value) => remedyOf(value) === undefined,
      defaultMessage: (found) => `$property must be ${EMBEDDED}, or addresses of NATS: ${remedyOf(found?.value)}`,
    },
  });
}

/** What to write instead; undefined where it is an engine. */
function remedyOf(value: unknown): string | undefined {
  if (value === EMBEDDED) return undefined;
  try {
    parseNatsAddress(typeof value === 'string' ? value : '');
    return undefined;
  } catch (error) {
    if (error instanceof NatsAddressError) return error.remedy;
    throw error;
  }
}
