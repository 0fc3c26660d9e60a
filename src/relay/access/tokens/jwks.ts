import { createRemoteJWKSet, customFetch, errors, type JWTVerifyGetKey } from 'jose';
import type { Clock } from '../../../protocol/index.js';
import type { JwtOptions } from '../jwt.options.js';

/** Injects the `fetch` that the keys of an identity provider are got with. @publicApi */
export const JWKS_FETCH = Symbol('JWKS_FETCH');
export type JwksFetch = typeof globalThis.fetch;

/** Bytes of a key set that are read. */
const MAX_KEYS_BYTES = 1024 * 1024;
/** After a failure the provider is left alone for this long, in ms, where `keysCooldownMs` is not less. */
const FAILED_FOR_MS = 5_000;

/** Whether a key that a token names is the provider's cannot be known now. */
export class KeysUnreachableError extends Error {
  override readonly name = 'KeysUnreachableError';

  constructor(
    cause: unknown,
    /** When it is worth asking again, in ms. */
    readonly retryAfterMs: number,
  ) {
    super('The keys of the identity provider cannot be got.', { cause });
  }
}

/**
 * The public keys of an identity provider, kept for a while and got again when a token names one that is not among them.
 *
 * @returns throws KeysUnreachableError, and what `jose` throws of a token whose key it does not find
 */
export function providerKeys(
  options: Pick<JwtOptions, 'jwksUrl' | 'keysMaxAgeMs' | 'keysCooldownMs' | 'keysTimeoutMs'>,
  fetch: JwksFetch,
  clock: Clock,
): JWTVerifyGetKey {
  const failedForMs = Math.min(FAILED_FOR_MS, options.keysCooldownMs);
  const keys = createRemoteJWKSet(new URL(options.jwksUrl), {
    cacheMaxAge: options.keysMaxAgeMs,
    cooldownDuration: options.keysCooldownMs,
    timeoutDuration: options.keysTimeoutMs,
    [customFetch]: async (url, init) => bounded(await fetch(url, { ...init, redirect: 'manual' })),
  });
  let failure: { readonly error: unknown; readonly until: number } | undefined;
  return async (header, token) => {
    // Tokens that anybody can make up must not have a provider asked for each of them.
    if (failure && clock.elapsed() < failure.until && !keys.fresh)
      throw new KeysUnreachableError(failure.error, failure.until - clock.elapsed());
    try {
      const key = await keys(header, token);
      failure = undefined;
      return key;
    } catch (error) {
      if (isOfToken(error)) throw error;
      failure = { error, until: clock.elapsed() + failedForMs };
      throw new KeysUnreachableError(error, FAILED_FOR_MS);
    }
  };
}

function isOfToken(error: unknown): boolean {
  return (
    error instanceof errors.JWKSNoMatchingKey ||
    error instanceof errors.JWKSMultipleMatchingKeys ||
    error instanceof errors.JOSENotSupported
  );
}

/** What answers too much is not read to its end. */
async function bounded(response: Response): Promise<Response> {
  if (response.status !== 200 || !response.body) return response;
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of response.body as AsyncIterable<Uint8Array>) {
    bytes += part.length;
    if (bytes > MAX_KEYS_BYTES) throw new RangeError(`The key set is larger than ${MAX_KEYS_BYTES} bytes.`);
    parts.push(part);
  }
  return new Response(Buffer.concat(parts), { status: 200 });
}
