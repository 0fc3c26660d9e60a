import { timingSafeEqual } from 'node:crypto';
import type { Identity } from '../identity.js';
import { digestOf } from '../token-secret.js';

/** Characters of the digest that name a token. */
const TOKEN_ID_LENGTH = 16;
/** Role, and what people call it: a token of the configuration has no name of its own. */
const OPERATOR = 'operator';

interface StaticToken {
  readonly digest: Buffer;
  readonly identity: Identity;
}

/** The tokens of the relay's configuration: its operator's. How long a comparison takes says nothing about how close a guess was. */
export class StaticTokens {
  /** Each with one identity, which all of its sockets hold. */
  private readonly tokens: readonly StaticToken[];

  constructor(tokens: readonly string[], organizationId: string) {
    this.tokens = tokens.map((token) => {
      const digest = digestOf(token);
      const tokenId = digest.toString('hex').slice(0, TOKEN_ID_LENGTH);
      return { digest, identity: { tokenId, organizationId, name: OPERATOR, role: OPERATOR, mayApprove: true } };
    });
  }

  /** @returns undefined for a token that is none of them */
  identify(digest: Buffer): Identity | undefined {
    let known: Identity | undefined;
    for (const token of this.tokens) if (timingSafeEqual(token.digest, digest)) known = token.identity;
    return known;
  }
}
