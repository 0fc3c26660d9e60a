import { expect, it } from 'vitest';
import { Captured } from '../../test/kit/cli.js';
import { CommandError, EnvironmentNotFoundError, RelayRefusedError, RelayUnreachableError } from '../client/index.js';
import { DatabaseError } from '../journal/index.js';
import { EXIT } from './exit-codes.js';
import { report } from './report.js';

it.each([
  ['DEPTH_ZERO_SELF_SIGNED_CERT', true],
  ['ERR_SSL_WRONG_VERSION_NUMBER', true],
  ['ECONNREFUSED', false],
])('a relay that is not reached because of TLS (%s) leads to doctor: %s', (code, leads) => {
  const stderr = new Captured();
  expect(report(new RelayUnreachableError('https://relay.example', code), stderr)).toBe(EXIT.UNREACHABLE);
  expect(stderr.text.includes('npx twinlane doctor')).toBe(leads);
});

it.each([
  [true, EXIT.FAILED],
  [false, EXIT.USAGE],
])('C32 a file that cannot be used is told in one line; may trying again help: %s', (retriable, exitCode) => {
  const stderr = new Captured();
  expect(report(new DatabaseError('The file cannot be used.', { retriable }), stderr)).toBe(exitCode);
  expect(stderr.text).toBe('The file cannot be used.\n');
});

it.each<[Error, number]>([
  [new EnvironmentNotFoundError('nope', 'No such environment.'), EXIT.USAGE],
  // By its name: its class comes with the library of NATS.
  [Object.assign(new Error('NATS is away.'), { name: 'NatsError' }), EXIT.FAILED],
  [new RelayRefusedError(404, 'ENVIRONMENT_UNKNOWN', 'No such thing.'), EXIT.USAGE],
  [new RelayRefusedError(404, 'TOKEN_UNKNOWN', 'No such thing.'), EXIT.USAGE],
  [new RelayRefusedError(404, 'ORGANIZATION_UNKNOWN', 'No such thing.'), EXIT.USAGE],
  [new RelayRefusedError(403, 'ACCESS_REFUSED', 'Not with this token.'), EXIT.TOKEN_REFUSED],
  [new CommandError('input', 'ACCESS_REFUSED', 'Not with this token.'), EXIT.TOKEN_REFUSED],
  [new RelayRefusedError(503, 'AUDIT_NOT_KEPT', 'It cannot be recorded.'), EXIT.FAILED],
  [new RelayRefusedError(503, 'DRAINING', 'It restarts.'), EXIT.UNREACHABLE],
])('the same refusal ends every command with the same code: %s, %i', (error, exitCode) => {
  expect(report(error, new Captured())).toBe(exitCode);
});
