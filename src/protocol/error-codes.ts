interface ErrorEntry {
  /** HTTP status where the code answers a request or a refused upgrade. */
  readonly status?: number;
  /** What it means and what to do; shown where the place of the error adds nothing of its own. */
  readonly message: string;
}

/** Every error code of ours: REST, refused upgrades, error answers of commands. `docs/` lists this table. */
export const ERROR_CODES = {
  BAD_REQUEST: { status: 400, message: 'The request is not valid; correct the named field.' },
  TOKEN_REFUSED: {
    status: 401,
    message: 'The token is missing or not known here; pass one that this relay accepts (TWINLANE_TOKEN).',
  },
  TOKEN_REVOKED: {
    status: 401,
    message:
      'This token was revoked; ask an admin of its organisation for another one, and set TWINLANE_TOKEN to that.',
  },
  TOKEN_EXPIRED: {
    status: 401,
    message:
      'This token has expired; ask an admin of its organisation for another one, and set TWINLANE_TOKEN to that.',
  },
  ORIGIN_REFUSED: {
    status: 403,
    message: 'Browsers may connect from allowed origins only; add this one to TWINLANE_ALLOWED_ORIGINS.',
  },
  ENVIRONMENT_UNKNOWN: { status: 404, message: 'No such environment; list them with `twinlane environments`.' },
  TOKEN_UNKNOWN: { status: 404, message: 'No such token; list them with `twinlane tokens list`.' },
  ORGANIZATION_UNKNOWN: {
    status: 404,
    message: 'No such organisation; list them with `twinlane organizations list`.',
  },
  PATH_UNKNOWN: { status: 404, message: 'Nothing is served at this path.' },
  LISTENER_SUPERSEDED: {
    status: 409,
    message: 'A newer listener took this environment over; stop this one, or start it under another name.',
  },
  ENVIRONMENT_TAKEN: {
    status: 409,
    message: 'This environment belongs to another token; use that token, another name, or ask an admin to release it.',
  },
  ORGANIZATION_EXISTS: { status: 409, message: 'There is an organisation of this id already; choose another one.' },
  BODY_TOO_LARGE: { status: 413, message: 'The request body is too large.' },
  TOO_MANY: { status: 429, message: 'Too many requests; wait as long as Retry-After says.' },
  INTERNAL: { status: 500, message: 'The relay failed on this request; its log has the cause.' },
  NOT_READY: { status: 503, message: 'The relay is starting; try again in a second.' },
  DRAINING: { status: 503, message: 'The relay is restarting; reconnect in a second.' },
  NODE_AWAY: {
    status: 503,
    message: 'The relay node that serves this environment is away, or just changes; try again in a second.',
  },
  ADMIT_TIMEOUT: { status: 503, message: 'Access could not be checked in time; try again.' },
  ENGINE_AWAY: {
    status: 503,
    message:
      'This node of the relay does not reach NATS, or NATS does not answer; what is open goes on. Try again in a second.',
  },
  REGISTRATION_NOT_KEPT: {
    status: 503,
    message:
      'The relay cannot write down who registers (its disk may be full). Make room on the disk of the relay; listeners try again by themselves.',
  },
  CHANGE_NOT_KEPT: {
    status: 503,
    message:
      'The relay cannot write this down (its disk may be full), so nothing has changed. Make room on the disk of the relay, then ask again.',
  },
  AUDIT_NOT_KEPT: {
    status: 503,
    message:
      'The relay cannot write its audit log (its disk may be full), and does nothing that it cannot record. Make room on the disk of the relay, then try again.',
  },
  TOO_MANY_TOKENS: {
    status: 409,
    message:
      'This organisation has as many tokens as it may; revoke those that nobody needs (`twinlane tokens list`), or raise TWINLANE_TOKENS_PER_ORGANIZATION of the relay.',
  },
  IDENTITY_PROVIDER_UNREACHABLE: {
    status: 503,
    message:
      'The relay cannot reach the identity provider that this token is of, so nobody with such a token gets in; try again when Retry-After says. The log of the relay has the cause.',
  },
  IDENTITY_PROVIDER_KEY_UNUSABLE: {
    status: 503,
    message:
      'The identity provider shows a key for this token that the relay cannot use (it may be too short, or broken), so nobody with such a token gets in. Whoever runs the provider must sign with another one; the log of the relay has the cause.',
  },
  COMMAND_UNKNOWN: { message: 'This device has no such command; it may be older than the client.' },
  COMMAND_INVALID: { message: 'The command is not valid; correct the named field.' },
  COMMAND_FAILED: { message: 'The command failed on the device.' },
  COMMAND_TIMEOUT: { message: 'The device did not finish the command in time; its outcome is unknown.' },
  DEVICE_OFFLINE: {
    status: 503,
    message: 'The device is offline; the command was not sent. Try again when its listener is back.',
  },
  OUTCOME_UNKNOWN: {
    message: 'The device went away before it answered; the command may or may not have run. Look before you repeat it.',
  },
  ALREADY_ANSWERED: { message: 'This approval was answered already, or its turn has ended.' },
  APPROVAL_UNKNOWN: { message: 'No approval of this id is pending.' },
  APPROVAL_NOT_ALLOWED: { message: 'This token may not answer approvals; use one that may.' },
  QUEUE_ITEM_UNKNOWN: {
    message: 'No input of this id waits; it may have started. `abort_message` ends a turn that runs.',
  },
  MODE_UNKNOWN: { message: 'This device does not have that permission mode.' },
  ACCESS_REFUSED: {
    status: 403,
    message:
      'The role or the scopes of the token do not allow this, or the permission mode of the device does not; the message says which, and what to do.',
  },
  PATH_REFUSED: { message: 'The path leads out of the workspace.' },
  PATH_DENIED: { message: 'The device keeps this path to itself; what it keeps is set there, with TWINLANE_DENY.' },
  FILE_CHANGED: {
    message: 'The file is not what the client expected, so nothing was written. Read it again, then decide.',
  },
  INPUT_NOT_KEPT: {
    message:
      'The device cannot write down what it accepts (its disk may be full), so the input was not accepted. Free space on the device, then send it again.',
  },
  ANSWER_TOO_LARGE: {
    message: 'The answer does not fit into one frame; ask for less (offset and length, limit, depth).',
  },
  FRAME_INVALID: { message: 'The message is no frame: send one JSON object with a "type" as text.' },
  NO_TOOL_CLIENT: { message: 'No client offers this tool.' },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof ERROR_CODES;

/** The one shape of errors over HTTP, REST and refused upgrades alike (protocol section 1). */
export interface ErrorBody {
  readonly errorCode: ErrorCode;
  readonly message: string;
}

export function errorBody(code: ErrorCode, message: string = ERROR_CODES[code].message): ErrorBody {
  return { errorCode: code, message };
}

/** The HTTP status of a code; 500 for codes that only answer commands. */
export function statusOf(code: ErrorCode): number {
  const entry: ErrorEntry = ERROR_CODES[code];
  return entry.status ?? 500;
}
