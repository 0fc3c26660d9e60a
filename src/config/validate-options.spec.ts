import { IsIn } from 'class-validator';
import { expect, it } from 'vitest';
import { OptionsError, validateOptions } from './validate-options.js';

class Options {
  @IsIn(['embedded'])
  engine: unknown = 'embedded';

  @IsIn(['none'])
  natsPassword: unknown = 'none';
}

function problems(values: object): readonly string[] {
  try {
    validateOptions(Options, values);
  } catch (error) {
    if (error instanceof OptionsError) return error.problems;
    throw error;
  }
  return [];
}

it.each([
  [{ engine: 'nats://a:4222' }, 'got "nats://a:4222".'],
  [{ engine: 'nats://relay:hunter2@a:4222' }, 'got "nats://…@a:4222".'],
  [{ engine: 'nats://relay:hunter2,hunter2@a,nats://b' }, 'got "nats://…@a,nats://b".'],
  [{ engine: 'relay:hunter2@a' }, 'got "…@a".'],
  [{ engine: ['nats://s3cret@a', 'nats://relay:hun@ter2@b'] }, 'got ["nats://…@a","nats://…@b"].'],
  [{ engine: 'nats://relay:hun"ter2@a' }, 'got "nats://…@a".'],
  [{ natsPassword: 'hunter2' }, 'got a hidden value.'],
])('never shows a password: %j', (values, end) => {
  expect(problems(values)).toEqual([expect.stringContaining(end)]);
});
