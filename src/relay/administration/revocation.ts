import { Injectable } from '@nestjs/common';
import { LiveSockets } from '../access/live-sockets.js';
import { RoutingService } from '../routing/routing.service.js';

/** What ends with a token: its sockets, and what its clients own (reliability C30). */
@Injectable()
export class Revocation {
  constructor(
    private readonly live: LiveSockets,
    private readonly routing: RoutingService,
  ) {}

  /** @param id of an organisation that is written down as deleted, with its tokens */
  ofOrganization(id: string, tokenIds: readonly string[]): void {
    this.live.organizationDeleted(id);
    this.of(tokenIds);
  }

  /** @param tokenIds of tokens that are written down as revoked */
  of(tokenIds: readonly string[]): void {
    for (const tokenId of tokenIds) {
      this.live.revoked(tokenId);
      this.routing.tokenRevoked(tokenId);
    }
  }
}
