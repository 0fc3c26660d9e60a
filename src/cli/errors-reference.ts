import { CLOSE_CODES, ERROR_CODES, type CloseAction, type CloseCode } from '../protocol/index.js';
import { EXIT } from './exit-codes.js';

const HEAD = `# Error, close and exit codes

<!-- Generated from src/protocol/error-codes.ts, src/protocol/close-codes.ts and src/cli/exit-codes.ts:
     \`npx vitest run src/cli -u\` writes this file anew. -->

## Error codes

Over HTTP and in refused upgrades: \`{ "errorCode": "TOKEN_REFUSED", "message": "…" }\` with the status below. As the answer to a
command: \`success: false\` (for \`input\` also \`accepted: false\`), \`error\` with the message and \`error_code\` with the code, under the
type that success would have had. The message may say more than here: which field, which path.

| code | HTTP status | meaning, and what to do |
|---|---|---|`;

const CLOSES = `## Close codes

What closes a WebSocket, and what Twinlane's listener does about it. Codes from 4000 on go only to peers that know them; others
get 1000, 1008 or 1013 in their place. A code that is not listed: reconnect.

| code | name | meaning | the listener |
|---|---|---|---|`;

const EXITS = `## Exit codes

| code | name | of \`twinlane\` |
|---|---|---|`;

const DOES: Readonly<Record<CloseAction, string>> = {
  reconnect: 'reconnects, with backoff',
  register: 'registers again, with backoff; the second time with its token resolved anew; the third time it stops',
  'renew-token': 'resolves its token anew, once; refused again, it stops',
  'stop-superseded': 'stops, exit code 0',
  throttled: 'reconnects after the seconds that the reason names, else with backoff',
};

const EXIT_MEANS: Readonly<Record<keyof typeof EXIT, string>> = {
  OK: 'done; a role that was asked to stop, or a listener that a newer one replaced, or whose environment an admin released or deleted',
  FAILED: 'it failed; the message says why',
  USAGE: 'bad usage: an option or a file that cannot be used',
  APPROVAL_DENIED: 'the approval was denied',
  UNREACHABLE: 'no relay answers, no environment is online, or its listener went away and did not come back',
  CANCELLED: 'the turn was aborted, and not from here: its listener was stopped, or another client aborted it',
  TOKEN_REFUSED: 'the token was refused, revoked or has expired, or its role or scopes do not allow this',
  ABORTED: 'aborted with Ctrl-C',
  NO_READER: 'whoever read its output has left',
};

/** The text of `docs/errors.md`. */
export function errorsReference(): string {
  const errors = Object.entries(ERROR_CODES).map(([code, entry]) =>
    line(`\`${code}\``, 'status' in entry ? String(entry.status) : '', entry.message),
  );
  const closes = Object.values(CLOSE_CODES).map((entry: CloseCode) =>
    line(String(entry.code), `\`${entry.name}\``, entry.meaning, whatListenerDoes(entry)),
  );
  const exits = Object.entries(EXIT).map(([name, code]) =>
    line(String(code), `\`${name}\``, EXIT_MEANS[name as keyof typeof EXIT]),
  );
  return `${[
    [HEAD, ...errors],
    [CLOSES, ...closes],
    [EXITS, ...exits],
  ]
    .map((part) => part.join('\n'))
    .join('\n\n')}\n`;
}

function whatListenerDoes({ code, action }: CloseCode): string {
  const replaced = code === CLOSE_CODES.NORMAL.code ? '; on the reason `Replaced by new connection` it stops' : '';
  return DOES[action] + replaced;
}

function line(...cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', String.raw`\|`)).join(' | ')} |`;
}
