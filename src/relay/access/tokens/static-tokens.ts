import { timingSafeEqual } from 'node:crypto';
import type { Identity } from '../identity.js';
import { digestOf } from '../token-secret.js';

/** Characters of the digest that name a token. */
const TOKEN_ID_LENGTH = 16;
/** Role, and what people call it: a token of the configuration has no name of its own. */
const OPERATOR = 'operator';

/** The tokens of the relay's configuration: its operator's. How long a comparison takes says nothing about how close a guess was. */
export class StaticTokens {
  private readonly digests: readonly Buffer[];

  constructor(
    tokens: readonly string[],
    private readonly organizationId: string,
  ) {
    this.digests = tokens.map(digestOf);
  }

  /** @returns undefined for a token that is none of them */
  identify(digest: Buffer): Identity | undefined {
    let known = false;
    for (const accepted of this.digests) known = timingSafeEqual(accepted, digest) || known;
    if (!known) return undefined;
    const tokenId = digest.toString('hex').slice(0, TOKEN_ID_LENGTH);
    return { tokenId, organizationId: this.organizationId, name: OPERATOR, role: OPERATOR, mayApprove: true };
  }
}
