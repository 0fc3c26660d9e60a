import { ValidationPipe } from '@nestjs/common';
import type { ValidationError } from 'class-validator';
import { RelayError } from '../relay.error.js';

/** Checks request bodies and queries against their classes: names what is wrong, lets unknown fields pass. */
export const requestValidation = new ValidationPipe({
  transform: true,
  exceptionFactory: (errors) =>
    new RelayError('BAD_REQUEST', `${errors.flatMap((error) => describe(error)).join('; ')}.`),
});

function describe(error: ValidationError, parent = ''): string[] {
  const own = [...new Set(Object.values(error.constraints ?? {}))].map((text) => `${parent}${text}`);
  return [...own, ...(error.children ?? []).flatMap((child) => describe(child, `${parent}${error.property}.`))];
}
