import { isRecord } from '../../protocol/index.js';

/** When a JSON Web Token says that it expires, in epoch ms; undefined for any other token. Nobody has to believe it: the relay checks. */
export function expiryOf(token: string): number | undefined {
  const [, payload, signature] = token.split('.');
  if (payload === undefined || signature === undefined) return undefined;
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
    const expires = isRecord(claims) ? claims['exp'] : undefined;
    return typeof expires === 'number' ? expires * 1_000 : undefined;
  } catch {
    // Some other token with dots in it.
    return undefined;
  }
}
