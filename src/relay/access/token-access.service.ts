import { Inject, Injectable } from '@nestjs/common';
import { CLOCK } from '../../config/index.js';
import type { Clock } from '../../protocol/index.js';
import { RelayError } from '../relay.error.js';
import { RelayOptions } from '../relay.options.js';
import { AccessService } from './access.service.js';
import type { Identity } from './identity.js';
import { digestOf, TOKEN_PREFIX } from './token-secret.js';
import { JWKS_FETCH, type JwksFetch } from './tokens/jwks.js';
import { JwtTokens } from './tokens/jwt-tokens.js';
import { StaticTokens } from './tokens/static-tokens.js';
import { StoredTokens } from './tokens/stored-tokens.js';
import { TokenStore } from './tokens/token-store.js';

/** Knows the tokens of `RelayOptions`, those of the `TokenStore`, and those of an identity provider. */
@Injectable()
export class TokenAccessService extends AccessService {
  private readonly own: StaticTokens;
  private readonly stored: StoredTokens;

  private readonly jwts: JwtTokens | undefined;

  constructor(
    { tokens, organizationId, jwt }: RelayOptions,
    store: TokenStore,
    @Inject(CLOCK) clock: Clock,
    @Inject(JWKS_FETCH) fetch: JwksFetch,
  ) {
    super();
    this.own = new StaticTokens(tokens, organizationId);
    this.stored = new StoredTokens(store, clock);
    this.jwts = jwt && new JwtTokens(jwt, organizationId, store, clock, fetch);
  }

  async identify(token: string = ''): Promise<Identity> {
    const digest = digestOf(token);
    const made = token.startsWith(TOKEN_PREFIX) ? await this.stored.identify(digest) : undefined;
    const identity = made ?? this.own.identify(digest) ?? (await this.jwts?.identify(token));
    if (!identity) throw new RelayError('TOKEN_REFUSED');
    return identity;
  }
}
