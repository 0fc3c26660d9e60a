import type { Frame } from './frames.js';

/**
 * Tells a peer that dialled with `renew=1` when its token's time is over (protocol section 4): ms from now, because clocks differ.
 * Sent once, on the socket that asked.
 */
export const TOKEN_EXPIRES = 'token_expires';
/** Shows a fresh token of the same holder, so that its sockets stay open. */
export const TOKEN_RENEW = 'token_renew';
/** Answers `token_renew`. */
export const TOKEN_RENEW_RESPONSE = 'token_renew_response';

/** They belong to their socket, like `ping`: they have no `seq`, and nobody passes them on. */
export const TOKEN_FRAMES: ReadonlySet<string> = new Set([TOKEN_EXPIRES, TOKEN_RENEW, TOKEN_RENEW_RESPONSE]);

/** What a peer reads in `token_expires` or a `token_renew_response` that succeeded. Undefined where no time is told. */
export function readExpiresInMs({ expires_in_ms: value }: Frame): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined;
}
