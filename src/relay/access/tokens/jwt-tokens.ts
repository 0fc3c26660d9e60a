import { Logger } from '@nestjs/common';
import { errors, jwtVerify, type JWTPayload, type JWTVerifyGetKey } from 'jose';
import type { Clock } from '../../../protocol/index.js';
import { RelayError } from '../../relay.error.js';
import type { Identity } from '../identity.js';
import type { JwtOptions } from '../jwt.options.js';
import { KeysUnreachableError, KeyUnusableError, providerKeys, type JwksFetch } from './jwks.js';
import { ClaimError, identityOfClaims } from './jwt-claims.js';
import type { TokenStore } from './token-store.js';

/** Characters of a token that are looked at. */
const MAX_LENGTH = 16_384;
/** Three parts of base64url. */
const SHAPE = /^[\w-]+\.[\w-]+\.[\w-]+$/;
/** One reason is logged this often, in ms: anybody can have tokens refused. */
const LOGGED_EVERY_MS = 60_000;

/** The tokens of an identity provider. */
export class JwtTokens {
  private readonly log = new Logger(JwtTokens.name);
  private readonly keys: JWTVerifyGetKey;
  /** When a reason was logged last; of `Clock.elapsed`. There are as many as checks. */
  private readonly logged = new Map<string, number>();

  /** @param ownOrganizationId of the relay itself, which is in no store */
  constructor(
    private readonly options: JwtOptions,
    private readonly ownOrganizationId: string,
    private readonly store: TokenStore,
    private readonly clock: Clock,
    fetch: JwksFetch,
  ) {
    this.keys = providerKeys(options, fetch, clock);
  }

  /**
   * @returns undefined for what is no JWT
   * @throws RelayError TOKEN_REFUSED, TOKEN_EXPIRED, which do not say what is wrong: the log does, without the token;
   *   IDENTITY_PROVIDER_UNREACHABLE, IDENTITY_PROVIDER_KEY_UNUSABLE
   */
  async identify(token: string): Promise<Identity | undefined> {
    if (token.length > MAX_LENGTH || !SHAPE.test(token)) return undefined;
    try {
      const identity = identityOfClaims(await this.verified(token), this.options);
      await this.assertOrganization(identity.organizationId);
      return identity;
    } catch (error) {
      throw this.refusalOf(error);
    }
  }

  private async verified(token: string): Promise<JWTPayload> {
    const { issuer, audience, algorithms, clockToleranceMs } = this.options;
    try {
      const { payload } = await jwtVerify(token, this.keys, {
        issuer,
        audience,
        algorithms,
        clockTolerance: clockToleranceMs / 1_000,
        currentDate: new Date(this.clock.now()),
        requiredClaims: ['exp', 'sub'],
      });
      return payload;
    } catch (error) {
      // Words of `jose` and of the platform on the key: too short, or of another kind than its algorithm.
      throw error instanceof TypeError || error instanceof DOMException ? new KeyUnusableError(error) : error;
    }
  }

  private async assertOrganization(id: string): Promise<void> {
    if (id === this.ownOrganizationId || (await this.store.organization(id))) return;
    throw new ClaimError(this.options.claims.organization, 'the id of an organisation that there is');
  }

  private refusalOf(error: unknown): RelayError {
    if (error instanceof KeysUnreachableError) {
      this.say(`The keys of the identity provider cannot be got from ${this.options.jwksUrl}: ${causeOf(error)}`);
      return new RelayError('IDENTITY_PROVIDER_UNREACHABLE', undefined, { retryAfterMs: error.retryAfterMs });
    }
    if (error instanceof KeyUnusableError) {
      this.say(`A key that the identity provider shows at ${this.options.jwksUrl} cannot be used: ${causeOf(error)}`);
      return new RelayError('IDENTITY_PROVIDER_KEY_UNUSABLE');
    }
    const reason = reasonOf(error);
    // Anything else is no word on the token: whoever asks is told that the relay failed, and is not let in.
    if (reason === undefined) return new RelayError('INTERNAL', undefined, { cause: error });
    this.say(`A JWT was refused: ${reason}`);
    return new RelayError(error instanceof errors.JWTExpired ? 'TOKEN_EXPIRED' : 'TOKEN_REFUSED');
  }

  private say(text: string): void {
    const now = this.clock.elapsed();
    const last = this.logged.get(text);
    if (last !== undefined && now - last < LOGGED_EVERY_MS) return;
    this.logged.set(text, now);
    this.log.warn(text);
  }
}

/** What is wrong with a token, in words of `jose` and of ours alone: none of it is the token's own. */
function reasonOf(error: unknown): string | undefined {
  if (error instanceof ClaimError) return error.message;
  if (error instanceof errors.JWTExpired || error instanceof errors.JWTClaimValidationFailed)
    return `the claim "${error.claim}" does not pass (${error.reason}).`;
  return error instanceof errors.JOSEError ? `${error.code}.` : undefined;
}

/** The word that helps, which `fetch` keeps one level down. */
function causeOf({ cause }: KeysUnreachableError | KeyUnusableError): string {
  if (!(cause instanceof Error)) return String(cause);
  return cause.cause instanceof Error ? cause.cause.message : cause.message;
}
