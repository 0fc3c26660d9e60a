import type { Writable } from 'node:stream';
import { CliError } from './cli.error.js';
import { EXIT } from './exit-codes.js';
import { visible } from './text.js';

/** Errors whose message tells people what to do, by name: nothing has to be loaded to know them. */
const EXIT_BY_NAME: Readonly<Record<string, number>> = {
  RelayUnreachableError: EXIT.UNREACHABLE,
  RelayRefusedError: EXIT.UNREACHABLE,
  DisconnectedError: EXIT.UNREACHABLE,
  TokenRefusedError: EXIT.TOKEN_REFUSED,
  EnvironmentNotFoundError: EXIT.USAGE,
  CommandError: EXIT.FAILED,
  TurnOutcomeUnknownError: EXIT.FAILED,
  AgentError: EXIT.USAGE,
  TypeMapError: EXIT.USAGE,
  OptionsError: EXIT.USAGE,
  DatabaseError: EXIT.USAGE,
  NatsError: EXIT.FAILED,
};

/** A relay that is there and refuses what was asked of it. */
const EXIT_BY_REFUSAL: ReadonlyMap<string, number> = new Map(
  Object.entries({
    ACCESS_REFUSED: EXIT.TOKEN_REFUSED,
    BAD_REQUEST: EXIT.USAGE,
    ENVIRONMENT_UNKNOWN: EXIT.USAGE,
    TOKEN_UNKNOWN: EXIT.USAGE,
    ORGANIZATION_UNKNOWN: EXIT.USAGE,
    ORGANIZATION_EXISTS: EXIT.USAGE,
    TOO_MANY_TOKENS: EXIT.FAILED,
    CHANGE_NOT_KEPT: EXIT.FAILED,
    AUDIT_NOT_KEPT: EXIT.FAILED,
    INTERNAL: EXIT.FAILED,
  }),
);

/** Codes of the relay that mean that nobody is there to do it. */
const NOBODY_THERE: ReadonlySet<unknown> = new Set(['DEVICE_OFFLINE', 'OUTCOME_UNKNOWN', 'NOT_SENT']);

/** Codes of Node that a relay which runs at the right address may end with; what to do about each, doctor knows. */
const OF_TLS = /\([A-Z_]*(?:CERT|SSL|TLS|UNABLE_TO|EPROTO)[A-Z_]*\)/;
const SAYS_WHY = ' With the same options, `npx twinlane doctor` says what to do.';

/** Says what went wrong, and returns the exit code for it. A mistake of the program's own comes with its stack. */
export function report(error: unknown, stderr: Writable): number {
  const known = error instanceof Error ? exitCodeOf(error) : undefined;
  const text =
    error instanceof Error ? (known === undefined ? (error.stack ?? error.message) : error.message) : String(error);
  const more = error instanceof Error && error.name === 'RelayUnreachableError' && OF_TLS.test(text) ? SAYS_WHY : '';
  if (text !== '') stderr.write(`${visible(text)}${more}\n`);
  return known ?? EXIT.FAILED;
}

function exitCodeOf(error: Error): number | undefined {
  if (error instanceof CliError) return error.exitCode;
  // A full disk: whoever starts programs again may do so.
  if (error.name === 'DatabaseError' && 'retriable' in error && error.retriable === true) return EXIT.FAILED;
  if (error.name === 'RelayRefusedError' && 'code' in error && typeof error.code === 'string')
    return EXIT_BY_REFUSAL.get(error.code) ?? EXIT_BY_NAME[error.name];
  if ('code' in error && NOBODY_THERE.has(error.code)) return EXIT.UNREACHABLE;
  if (error.name === 'CommandError' && 'code' in error && error.code === 'ACCESS_REFUSED') return EXIT.TOKEN_REFUSED;
  return EXIT_BY_NAME[error.name];
}
