import type { Clock } from '../../../../protocol/index.js';
import { isToken, LIVE_KEYS, TOKENS_BUCKET, type KeptOrganization, type KeptToken } from './kept-access.js';
import { KvFollower } from './kv-follower.js';
import type { NatsConnection } from '../connection/nats-connection.js';

/** What ends at a node when a token was revoked, or an organisation deleted, at whichever node; told again now and then. */
export interface AccessChanges {
  tokenRevoked(tokenId: string): void;
  organizationDeleted(id: string): void;
}

/**
 * Lets a node know within seconds what any node revoked, also while NATS was away (reliability C30). It begins before sockets are let in:
 * who comes later is looked up.
 */
export class AccessWatch {
  private readonly follower: KvFollower<KeptToken | KeptOrganization>;

  constructor(connection: NatsConnection, changes: AccessChanges, clock: Clock) {
    this.follower = new KvFollower<KeptToken | KeptOrganization>(
      connection,
      TOKENS_BUCKET,
      LIVE_KEYS,
      clock,
      (kept) => {
        if (!isToken(kept)) {
          if (kept.state !== 'there') changes.organizationDeleted(kept.organization.id);
        } else if (kept.token.revokedAt !== null) changes.tokenRevoked(kept.token.id);
      },
    );
  }

  /** Once the bucket is there: after `KvTokenStore.open`. @throws NatsError */
  begin(): Promise<void> {
    return this.follower.begin();
  }

  end(): Promise<void> {
    return this.follower.end();
  }
}
