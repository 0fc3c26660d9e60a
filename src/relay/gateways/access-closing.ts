import { CLOSE_CODES, type CloseCode } from '../../protocol/index.js';
import type { AccessEnd } from '../access/live-sockets.js';

const REASONS: Readonly<Record<AccessEnd, string>> = {
  revoked: 'This token was revoked; ask an admin for another one.',
  expired: 'This token has expired; ask an admin for another one.',
  outside: 'This environment is not within the scopes of this token any more.',
};

/**
 * How a socket is closed whose token lets it in no longer (protocol section 2). Whoever comes back after that meets the refusal, which
 * says the same.
 *
 * @param knowsOurs whether its peer knows close codes of ours
 */
export function accessClosing(
  end: AccessEnd,
  knowsOurs: boolean,
): { readonly code: CloseCode; readonly reason: string } {
  const code = knowsOurs && end !== 'outside' ? CLOSE_CODES.TOKEN_REFUSED : CLOSE_CODES.POLICY;
  return { code, reason: REASONS[end] };
}
