/** What a listener does about a closed socket (protocol section 2). */
export type CloseAction = 'reconnect' | 'register' | 'renew-token' | 'stop-superseded' | 'throttled';

export interface CloseCode {
  readonly code: number;
  readonly name: string;
  readonly meaning: string;
  /** What a listener does. */
  readonly action: CloseAction;
}

/** Every close code of the wire, from protocol section 2; `docs/` lists this table. */
export const CLOSE_CODES = {
  NORMAL: { code: 1000, name: 'NORMAL', meaning: 'closed on purpose', action: 'reconnect' },
  GOING_AWAY: {
    code: 1001,
    name: 'GOING_AWAY',
    meaning: 'going away, or a newer link of the same process',
    action: 'reconnect',
  },
  PROTOCOL: { code: 1002, name: 'PROTOCOL', meaning: 'what came is no WebSocket', action: 'reconnect' },
  UNSUPPORTED: {
    code: 1003,
    name: 'UNSUPPORTED',
    meaning: 'a binary message; frames are JSON text',
    action: 'reconnect',
  },
  ABNORMAL: { code: 1006, name: 'ABNORMAL', meaning: 'broken without a close', action: 'reconnect' },
  INVALID: { code: 1007, name: 'INVALID', meaning: 'a message that is no frame', action: 'reconnect' },
  POLICY: { code: 1008, name: 'POLICY', meaning: 'environment unknown, or token refused', action: 'register' },
  TOO_LARGE: { code: 1009, name: 'TOO_LARGE', meaning: 'frame too large', action: 'reconnect' },
  ERROR: { code: 1011, name: 'ERROR', meaning: 'the server failed', action: 'reconnect' },
  RESTART: {
    code: 1012,
    name: 'RESTART',
    meaning: 'the server restarts, or another node serves the environment',
    action: 'reconnect',
  },
  TRY_LATER: {
    code: 1013,
    name: 'TRY_LATER',
    meaning: 'too many, stalled, or the node of the environment is away; try again later',
    action: 'reconnect',
  },
  TOKEN_REFUSED: { code: 4001, name: 'TOKEN_REFUSED', meaning: 'token refused', action: 'renew-token' },
  LEASE_UNKNOWN: { code: 4004, name: 'LEASE_UNKNOWN', meaning: 'lease unknown', action: 'register' },
  STALLED: { code: 4008, name: 'STALLED', meaning: 'the receiver stalled', action: 'reconnect' },
  SUPERSEDED: {
    code: 4009,
    name: 'SUPERSEDED',
    meaning: 'superseded by a newer process, or ended by an admin, which the reason says',
    action: 'stop-superseded',
  },
  TOO_MANY: { code: 4029, name: 'TOO_MANY', meaning: 'too many', action: 'throttled' },
} as const satisfies Record<string, CloseCode>;

/** The reason that makes a 1000 a supersession: what stock servers say, word for word. */
export const REPLACED_REASON = 'Replaced by new connection';

/**
 * Reasons of a `SUPERSEDED` where nobody took the environment over; an end that does not know them stops all the same, and listeners that
 * know no such code are told `REPLACED_REASON`.
 */
export const ENDED_BY_ADMIN = { released: 'Released by an admin', deleted: 'Deleted by an admin' } as const;

/** What an admin did to an environment that its listener has to know of. */
export type EndByAdmin = keyof typeof ENDED_BY_ADMIN;

const BY_CODE: ReadonlyMap<number, CloseCode> = new Map(
  Object.values(CLOSE_CODES).map((entry: CloseCode) => [entry.code, entry]),
);

export type CloseName = keyof typeof CLOSE_CODES | 'OTHER';

/** The name of a close code; `OTHER` for those that are not in the table. */
export function closeNameOf(code: number): CloseName {
  return (BY_CODE.get(code)?.name as CloseName | undefined) ?? 'OTHER';
}

/** What a listener does when its socket closes with this code; codes that are not in the table: reconnect. */
export function closeActionOf(code: number, reason: string): CloseAction {
  if (code === CLOSE_CODES.NORMAL.code && reason === REPLACED_REASON) return 'stop-superseded';
  return BY_CODE.get(code)?.action ?? 'reconnect';
}
