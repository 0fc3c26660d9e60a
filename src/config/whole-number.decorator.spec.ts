import { describe, expect, it } from 'vitest';
import { OptionsError, validateOptions } from './validate-options.js';
import { Bytes, LONGEST_TIMER_MS, Milliseconds, WholeNumber } from './whole-number.decorator.js';

class Limits {
  @WholeNumber({ min: 0 })
  attempts: number = 3;

  @WholeNumber({ min: 1, max: 65_535, what: 'a port' })
  port: number = 80;

  @Bytes()
  buffer: number = 1;

  @Bytes({ min: 16, max: 64 })
  block: number = 32;

  @Milliseconds({ min: 1 })
  wait: number = 1;

  @Milliseconds({ min: 0, max: 1_000 })
  pause: number = 0;
}

const longest = LONGEST_TIMER_MS;

function problems(values: object): readonly string[] {
  try {
    validateOptions(Limits, values);
  } catch (error) {
    if (error instanceof OptionsError) return error.problems;
    throw error;
  }
  return [];
}

describe('a whole number', () => {
  it.each([
    [{ attempts: 0, port: 1, buffer: 1, block: 16, wait: 1, pause: 0 }],
    [{ attempts: 1e9, port: 65_535, buffer: 1e12, block: 64, wait: longest, pause: 1_000 }],
  ])('takes both ends of its range: %j', (values) => {
    expect(problems(values)).toEqual([]);
    expect(validateOptions(Limits, values)).toEqual(values);
  });

  it.each([
    [{ attempts: -1 }, 'attempts must be a whole number, 0 or more; got -1.'],
    [{ attempts: 1.5 }, 'attempts must be a whole number, 0 or more; got 1.5.'],
    [{ attempts: '2' }, 'attempts must be a whole number, 0 or more; got "2".'],
    [{ port: 0 }, 'port must be a port from 1 to 65535; got 0.'],
    [{ port: 65_536 }, 'port must be a port from 1 to 65535; got 65536.'],
    [{ buffer: 0 }, 'buffer must be a number of bytes, 1 or more; got 0.'],
    [{ block: 65 }, 'block must be a number of bytes from 16 to 64; got 65.'],
    [{ wait: longest + 1 }, `wait must be a number of milliseconds from 1 to ${longest}; got ${longest + 1}.`],
    [{ pause: null }, 'pause must be a number of milliseconds from 0 to 1000; got null.'],
  ])('says once what is wanted: %j', (values, problem) => {
    expect(problems(values)).toEqual([`Limits.${problem}`]);
  });
});
