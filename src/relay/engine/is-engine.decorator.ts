import { ValidateBy } from 'class-validator';
import { EMBEDDED } from './embedded.js';
import { HOW_TO_ADDRESS, NatsAddressError, parseNatsAddress } from './nats/connection/nats-address.js';

/** Takes `embedded`, and addresses of NATS. */
export function IsEngine(): PropertyDecorator {
  return ValidateBy({
    name: 'isEngine',
    validator: {
      validate: (value) => value === EMBEDDED || isAddress(value),
      defaultMessage: () => `$property must be ${EMBEDDED}, or addresses of NATS: ${HOW_TO_ADDRESS}`,
    },
  });
}

function isAddress(value: unknown): boolean {
  if (typeof value !== 'string') return false;
  try {
    parseNatsAddress(value);
    return true;
  } catch (error) {
    if (error instanceof NatsAddressError) return false;
    throw error;
  }
}
