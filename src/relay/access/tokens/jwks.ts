import { createLocalJWKSet, createRemoteJWKSet, customFetch, errors, type JWTVerifyGetKey } from 'jose';
import { readBoundedText, type Clock } from '../../../protocol/index.js';
import type { JwtOptions } from '../jwt.options.js';

/** Injects the `fetch` that the keys of an identity provider are got with. @publicApi */
export const JWKS_FETCH = Symbol('JWKS_FETCH');
export type JwksFetch = typeof globalThis.fetch;

/** Bytes of a key set that are read. */
const MAX_KEYS_BYTES = 1024 * 1024;
/** After a failure the provider is left alone for this long, in ms, where `keysCooldownMs` is not less. */
const FAILED_FOR_MS = 5_000;

/** The provider did not give its keys. */
interface Failure {
  readonly error: unknown;
  /** It is left alone until then; of `Clock.elapsed`. */
  readonly until: number;
  /** What it gave before, where that still counts. */
  readonly known: JWTVerifyGetKey | undefined;
}

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

/** The provider shows the key that a token names, but nothing can be checked with it. */
export class KeyUnusableError extends Error {
  override readonly name = 'KeyUnusableError';

  constructor(cause: unknown) {
    super('A key of the identity provider cannot be used.', { cause });
  }
}

/**
 * The public keys of an identity provider, kept for a while and got again when a token names one that is not among them.
 *
 * @returns throws KeysUnreachableError, KeyUnusableError, and what `jose` throws of a token whose key it does not find
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
    [customFetch]: async (url, init) => bounded(await fetch(url, { ...init, redirect: 'manual' }), init.signal),
  });
  let failure: Failure | undefined;
  return async (header, token) => {
    // Tokens that anybody can make up must not have a provider asked for each of them.
    if (failure && clock.elapsed() < failure.until) return withoutAsking(failure)(header, token);
    try {
      return await keys(header, token);
    } catch (error) {
      if (isOfToken(error)) throw error;
      const shown = keys.fresh ? keys.jwks() : undefined;
      const known = shown && createLocalJWKSet(shown);
      if (known) await assertUsable(known, header, token);
      failure = { error, until: clock.elapsed() + failedForMs, known };
      throw new KeysUnreachableError(error, FAILED_FOR_MS);
    }
  };

  /** Keys that were got lately still count; of any other nobody can say now whether it is the provider's. */
  function withoutAsking({ error, until, known }: Failure): JWTVerifyGetKey {
    const unreachable = (): KeysUnreachableError => new KeysUnreachableError(error, until - clock.elapsed());
    return async (header, token) => {
      if (!known || !keys.fresh) throw unreachable();
      try {
        return await known(header, token);
      } catch (refusal) {
        if (refusal instanceof errors.JWKSNoMatchingKey) throw unreachable();
        throw isOfToken(refusal) ? refusal : new KeyUnusableError(refusal);
      }
    };
  }
}

/** What was got lately says whether it is the key that fails, or the way to the provider. @throws KeyUnusableError */
async function assertUsable(known: JWTVerifyGetKey, ...[header, token]: Parameters<JWTVerifyGetKey>): Promise<void> {
  try {
    await known(header, token);
  } catch (error) {
    if (!isOfToken(error)) throw new KeyUnusableError(error);
  }
}

function isOfToken(error: unknown): boolean {
  return (
    error instanceof errors.JWKSNoMatchingKey ||
    error instanceof errors.JWKSMultipleMatchingKeys ||
    error instanceof errors.JOSENotSupported
  );
}

/** What answers too much, or without an end, is not read to its end. */
async function bounded(response: Response, signal: AbortSignal): Promise<Response> {
  if (response.status !== 200 || !response.body) return response;
  return new Response(await readBoundedText(response, MAX_KEYS_BYTES, signal), { status: 200 });
}
