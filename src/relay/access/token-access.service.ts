import { Inject, Injectable } from '@nestjs/common';
import { CLOCK } from '../../config/index.js';
import type { Clock } from '../../protocol/index.js';
import { RelayError } from '../relay.error.js';
import { RelayOptions } from '../relay.options.js';
import { AccessService } from './access.service.js';
import type { Identity } from './identity.js';
import { digestOf, TOKEN_PREFIX } from './token-secret.js';
import { StaticTokens } from './tokens/static-tokens.js';
import { StoredTokens } from './tokens/stored-tokens.js';
import { TokenStore } from './tokens/token-store.js';

/** Knows the tokens of `RelayOptions` and those of the `TokenStore`. */
@Injectable()
export class TokenAccessService extends AccessService {
  private readonly own: StaticTokens;
  private readonly stored: StoredTokens;

  constructor({ tokens, organizationId }: RelayOptions, store: TokenStore, @Inject(CLOCK) clock: Clock) {
    super();
    this.own = new StaticTokens(tokens, organizationId);
    this.stored = new StoredTokens(store, clock);
  }

  async identify(token: string = ''): Promise<Identity> {
    const digest = digestOf(token);
    const made = token.startsWith(TOKEN_PREFIX) ? await this.stored.identify(digest) : undefined;
    const identity = made ?? this.own.identify(digest);
    if (!identity) throw new RelayError('TOKEN_REFUSED');
    return identity;
  }
}
