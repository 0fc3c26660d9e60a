/** What a token is for. */
export type TokenRole =
  /** Registers listeners and opens their sockets; nothing else. */
  | 'device'
  /** Sees environments, and steers them as far as its scopes go. */
  | 'client'
  /** Steers every environment of its organisation, and administers it: tokens, and what happens to environments. */
  | 'admin';

/** What an identity is for: a token's role, or `operator`, who runs this relay. */
export type Role =
  | TokenRole
  /** Everything in its own organisation, and organisations and tokens everywhere: the tokens of the relay's configuration. */
  | 'operator';

/** Whether a client may only look, or also send what changes something. */
export type ClientAccess = 'watch' | 'steer';

export const TOKEN_ROLES: readonly TokenRole[] = ['device', 'client', 'admin'];

export const CLIENT_ACCESSES: readonly ClientAccess[] = ['watch', 'steer'];

/** How far a role goes. What `admin` and `operator` may is not bounded by these: they could make themselves another token. */
export interface Scopes {
  /** Patterns of names (`connectionName`) of environments; `*` stands for any characters. Left out: all of them. */
  readonly environments?: readonly string[];
  /** Left out: `steer`. */
  readonly access?: ClientAccess;
  /** Whether it may answer a `control_request`, and is shown what it asks; also where it may only watch otherwise. */
  readonly mayApprove: boolean;
}

/**
 * Who presented a token, without the token itself. What it may is asked of the functions of `rights.ts`, never of its fields.
 *
 * @publicApi
 */
export interface Identity extends Scopes {
  /** Names the token; safe to log and to keep. The same for as long as what it owns is to be its own. */
  readonly tokenId: string;
  readonly organizationId: string;
  /** What people call whoever holds it; for people alone, and never a reason to let anybody do anything. Left out: nobody knows. */
  readonly name?: string;
  /** Left out: a listener's and a client's at once, within the scopes; it administers nothing. */
  readonly role?: Role;
  /** Epoch ms: from then on it may nothing, and its sockets are closed. Left out: never. */
  readonly expiresAt?: number;
}
