import { Injectable } from '@nestjs/common';
import { CLOSE_CODES, retryAfterReason } from '../../protocol/index.js';
import { AccessLimits } from '../access/access-limits.js';
import { AccessService } from '../access/access.service.js';
import { assertMaySeeAny } from '../access/assert-rights.js';
import { bearerOf } from '../access/bearer.js';
import { addressOf } from '../access/client-address.js';
import type { Identity } from '../access/identity.js';
import { rememberIdentity } from '../access/request-identity.js';
import { sessionOf } from '../access/session-cookie.js';
import { assertAllowedOrigin, isOwnOrigin } from '../access/origin.js';
import { Audit } from '../audit/audit.js';
import { mayApprove, maySee, maySteer } from '../access/rights.js';
import { EnvironmentRegistry } from '../environments/environment.registry.js';
import { RelayError } from '../relay.error.js';
import { RelayOptions } from '../relay.options.js';
import type { ClientAttachment } from '../routing/client-attachment.js';
import type { Closing, UpgradeRequest } from './path.server.js';
import { readChannel, readCount, readHistory, readText } from './query.js';

export interface AdmittedClient {
  readonly attachment: Omit<ClientAttachment, 'socket'>;
  readonly identity: Identity;
  /** `renew=1`: it wants to know when its token expires, and shows a fresh one before. */
  readonly asksForExpiry: boolean;
  /** `batches=1`: several frames may share a message (protocol section 4). */
  readonly takesBatches: boolean;
}

/** Checks a client's upgrade (protocol sections 4 and 5). */
@Injectable()
export class ClientAdmission {
  constructor(
    private readonly access: AccessService,
    private readonly registry: EnvironmentRegistry,
    private readonly options: RelayOptions,
    private readonly limits: AccessLimits,
    private readonly audit: Audit,
  ) {}

  /** @throws RelayError ORIGIN_REFUSED, TOKEN_REFUSED, TOKEN_REVOKED, TOKEN_EXPIRED, ACCESS_REFUSED, BAD_REQUEST, ENVIRONMENT_UNKNOWN, TOO_MANY, AUDIT_NOT_KEPT */
  async admit({ request, query, params }: UpgradeRequest): Promise<AdmittedClient> {
    const { allowedOrigins, publicUrl } = this.options;
    if (!isOwnOrigin(request, publicUrl)) assertAllowedOrigin(request, allowedOrigins);
    this.limits.upgradeFrom(request);
    // Browsers cannot set headers on a WebSocket.
    const token = bearerOf(request) ?? query.get('token') ?? sessionOf(request, publicUrl);
    const identity = await this.access.identify(token);
    rememberIdentity(request, identity);
    assertMaySeeAny(identity);
    this.audit.assertKept();
    const seq = readCount(query, 'resumeFrom');
    const attachment = {
      environmentId: await this.environmentIdOf(identity, params['connectionId'] ?? ''),
      tokenId: identity.tokenId,
      tokenName: identity.name,
      address: addressOf(request),
      client: readText(query, 'client'),
      agentId: readText(query, 'agentId'),
      conversationId: readText(query, 'conversationId'),
      channel: readChannel(query),
      chunks: query.get('chunks') === '1',
      asksForRequests: query.get('requests') === '1',
      resume: seq === undefined ? undefined : { seq, epoch: readText(query, 'epoch') },
      history: readHistory(query),
      maySteer: maySteer(identity),
      mayApprove: mayApprove(identity),
    };
    this.limits.socket('client', identity, request);
    const takesBatches = query.get('batches') === '1';
    return { attachment, identity, asksForExpiry: query.get('renew') === '1', takesBatches };
  }

  /** Browsers hide how an upgrade was refused: a page is let in, and told by a close code (protocol section 2). */
  closingOf({ request, query }: UpgradeRequest, { code, message, retryAfterMs }: RelayError): Closing | undefined {
    if (code !== 'TOO_MANY' || retryAfterMs === undefined || request.headers.origin === undefined) return undefined;
    const closing = query.has('client') ? CLOSE_CODES.TOO_MANY : CLOSE_CODES.TRY_LATER;
    return { code: closing.code, reason: retryAfterReason(message, retryAfterMs) };
  }

  /** By its connectionId or its id, online or not. */
  private async environmentIdOf(identity: Identity, name: string): Promise<string> {
    const found = await this.registry.find(identity.organizationId, name);
    const named = found.find(({ id, connectionId }) => id === name || connectionId === name);
    if (!named || !maySee(identity, named)) throw new RelayError('ENVIRONMENT_UNKNOWN');
    return named.id;
  }
}
