import { expect, it } from 'vitest';
import {
  CLIENT_ERROR_CODES,
  CommandError,
  DisconnectedError,
  EnvironmentNotFoundError,
  RelayRefusedError,
  RelayUnreachableError,
  TokenRefusedError,
  TurnOutcomeUnknownError,
  TwinlaneError,
} from './client.error.js';
import { ERROR_CODES } from '../protocol/index.js';
import { refusal } from './refusal.js';

it.each([
  [new RelayUnreachableError('http://relay', 'ECONNREFUSED'), 'RELAY_UNREACHABLE'],
  [new TokenRefusedError('no'), 'TOKEN_REFUSED'],
  [new EnvironmentNotFoundError('env-1', 'no'), 'ENVIRONMENT_UNKNOWN'],
  [new RelayRefusedError(502, undefined, 'no'), 'RELAY_REFUSED'],
  [new RelayRefusedError(429, 'TOO_MANY', 'no'), 'TOO_MANY'],
  [new CommandError('read_file', 'NOT_SENT', 'no'), 'NOT_SENT'],
  [new DisconnectedError('no'), 'DISCONNECTED'],
  [new TurnOutcomeUnknownError('no'), 'TURN_OUTCOME_UNKNOWN'],
])('%s has a code that is listed', (error, code) => {
  expect(error).toBeInstanceOf(TwinlaneError);
  expect(error.code).toBe(code);
  expect({ ...ERROR_CODES, ...CLIENT_ERROR_CODES }).toHaveProperty(code);
  expect(error.name).toBe(error.constructor.name);
});

it.each(['TOKEN_REFUSED', 'TOKEN_REVOKED', 'TOKEN_EXPIRED'])('says why a token is refused: %s', (errorCode) => {
  expect(refusal(401, JSON.stringify({ errorCode, message: 'no' }), null)).toMatchObject({
    name: 'TokenRefusedError',
    code: errorCode,
  });
});
