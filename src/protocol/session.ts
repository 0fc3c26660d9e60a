/** Where browsers begin, look at and end their session (protocol section 4). */
export const SESSION_PATH = '/v1/session';

/**
 * Sent by clients that rely on the browser's session. Pages of other origins cannot send it, so that it stands for the own origin where
 * a browser says nothing of that: a `GET` over plain HTTP.
 */
export const SESSION_HEADER = 'x-twinlane-session';

/** `GET` and `POST /v1/session`: who one is, and what one may. */
export interface SessionInfo {
  readonly tokenId: string;
  /** What people call that token; null for tokens of the relay's configuration, and of identity providers. */
  readonly tokenName: string | null;
  readonly organizationId: string;
  /** Null: a role of the application that the relay is part of. */
  readonly role: 'device' | 'client' | 'admin' | 'operator' | null;
  /** Patterns of names of environments; null: all. */
  readonly environments: readonly string[] | null;
  readonly maySteer: boolean;
  readonly mayApprove: boolean;
  /** Its organisation: tokens, environments, audit log. */
  readonly mayAdminister: boolean;
  /** The relay as a whole: organisations, log levels, metrics. */
  readonly mayOperate: boolean;
  /** Epoch ms; null: it does not expire. */
  readonly expiresAt: number | null;
}
