import { expect, it } from 'vitest';
import { Captured } from '../../test/kit/cli.js';
import { DatabaseError } from '../journal/index.js';
import { EXIT } from './exit-codes.js';
import { report } from './report.js';

it.each([
  [true, EXIT.FAILED],
  [false, EXIT.USAGE],
])('C32 a file that cannot be used is told in one line; may trying again help: %s', (retriable, exitCode) => {
  const stderr = new Captured();
  expect(report(new DatabaseError('The file cannot be used.', { retriable }), stderr)).toBe(exitCode);
  expect(stderr.text).toBe('The file cannot be used.\n');
});
