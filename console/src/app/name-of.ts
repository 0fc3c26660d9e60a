import type { SessionInfo } from 'twinlane/client';

/** What people call whoever has this token. */
export function nameOf({ tokenName, role, tokenId }: SessionInfo): string {
  return tokenName ?? (role === 'operator' ? 'Operator' : tokenId);
}
