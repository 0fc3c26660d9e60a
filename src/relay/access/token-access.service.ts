import { Injectable } from '@nestjs/common';
import { createHash, timingSafeEqual } from 'node:crypto';
import { RelayError } from '../relay.error.js';
import { RelayOptions } from '../relay.options.js';
import { AccessService } from './access.service.js';
import type { Identity } from './identity.js';

/** Characters of the digest that name a token. */
const TOKEN_ID_LENGTH = 16;

/** Knows the tokens of `RelayOptions`. How long a comparison takes says nothing about how close a guess was. */
@Injectable()
export class TokenAccessService extends AccessService {
  private readonly digests: readonly Buffer[];

  constructor(private readonly options: RelayOptions) {
    super();
    this.digests = options.tokens.map(digest);
  }

  async identify(token: string | undefined): Promise<Identity> {
    const presented = digest(token ?? '');
    let known = false;
    for (const accepted of this.digests) known = timingSafeEqual(accepted, presented) || known;
    if (!known) throw new RelayError('TOKEN_REFUSED');
    return {
      tokenId: presented.toString('hex').slice(0, TOKEN_ID_LENGTH),
      organizationId: this.options.organizationId,
      mayApprove: true,
    };
  }
}

function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
