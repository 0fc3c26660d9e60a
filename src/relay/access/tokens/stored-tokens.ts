import { Logger } from '@nestjs/common';
import type { Clock } from '../../../protocol/index.js';
import { RelayError } from '../../relay.error.js';
import type { Identity } from '../identity.js';
import type { TokenRecord, TokenStore } from './token-store.js';

/** Uses of a token are written down this often, in ms: thousands of them a minute are not worth a write each. */
const WRITTEN_EVERY_MS = 5 * 60_000;

/** The tokens of organisations. */
export class StoredTokens {
  private readonly log = new Logger(StoredTokens.name);
  private isFailing = false;

  constructor(
    private readonly store: TokenStore,
    private readonly clock: Clock,
  ) {}

  /**
   * @returns undefined for a token that nobody made here
   * @throws RelayError TOKEN_REVOKED, TOKEN_EXPIRED
   */
  async identify(digest: Buffer): Promise<Identity | undefined> {
    const token = await this.store.byDigest(digest.toString('hex'));
    if (!token) return undefined;
    const now = this.clock.now();
    if (token.revokedAt !== null) throw new RelayError('TOKEN_REVOKED');
    if (token.expiresAt !== null && now >= token.expiresAt) throw new RelayError('TOKEN_EXPIRED');
    this.noteUse(token, now);
    return identityOf(token);
  }

  private noteUse({ id, lastUsedAt }: TokenRecord, now: number): void {
    if (lastUsedAt !== null && now - lastUsedAt < WRITTEN_EVERY_MS) return;
    this.store.used(id, now).then(
      () => (this.isFailing = false),
      (error: unknown) => {
        // Nothing depends on it but what people see: said once, not at every use.
        if (!this.isFailing) this.log.error(`When tokens were used last cannot be written down: ${String(error)}`);
        this.isFailing = true;
      },
    );
  }
}

/** What a token may, as its record says. */
export function identityOf(token: TokenRecord): Identity {
  const { id, organizationId, name, role, environments, access, mayApprove, expiresAt } = token;
  return {
    tokenId: id,
    organizationId,
    name,
    role,
    environments,
    access,
    mayApprove,
    ...(expiresAt === null ? {} : { expiresAt }),
  };
}
