import type {
  AuditKind,
  AuditPage,
  ChangedEnvironment,
  CreatedToken,
  LimitsInfo,
  OrganizationEntry,
  OrganizationList,
  RelayNodes,
  RemovedOrganization,
  TokenEntry,
  TokenPage,
  TokenRequest,
} from '../protocol/index.js';
import { relayUrl } from './client-options.js';
import type { RelayRest } from './rest.js';

/** Which entries of the audit log are wanted. */
export interface AuditFilter {
  readonly organizationId?: string | undefined;
  /** Id or name. */
  readonly environment?: string | undefined;
  /** Id. */
  readonly token?: string | undefined;
  readonly kind?: AuditKind | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  /** 1 to 1,000. Default 100. */
  readonly limit?: number | undefined;
  readonly before?: string | undefined;
}

/**
 * What admins and operators do (protocol section 4). Every method throws RelayUnreachableError, TokenRefusedError, and RelayRefusedError
 * with the code of the refusal.
 *
 * @publicApi
 */
export class Administration {
  /** @internal */
  constructor(
    private readonly server: URL,
    private readonly rest: RelayRest,
  ) {}

  /** @returns the token too: nobody can look it up later */
  async createToken(request: TokenRequest): Promise<CreatedToken> {
    return (await this.rest.ask('POST', this.url('/v1/tokens'), request)) as CreatedToken;
  }

  /** Every token that the caller administers, or those of one organisation; over all pages. */
  async tokens(organizationId?: string): Promise<TokenEntry[]> {
    const all: TokenEntry[] = [];
    for (;;) {
      const url = relayUrl(this.server, '/v1/tokens', { organizationId, after: all.at(-1)?.id });
      const { tokens, hasNextPage } = (await this.rest.ask('GET', url)) as TokenPage;
      all.push(...tokens);
      if (!hasNextPage || tokens.length === 0) return all;
    }
  }

  /** Its sockets are closed at once. */
  async revokeToken(id: string): Promise<TokenEntry> {
    return (await this.rest.ask('DELETE', this.url('/v1/tokens', id))) as TokenEntry;
  }

  /** For operators. */
  async createOrganization(request: { readonly id: string; readonly name?: string }): Promise<OrganizationEntry> {
    return (await this.rest.ask('POST', this.url('/v1/organizations'), request)) as OrganizationEntry;
  }

  /** All of the relay, for operators. */
  async organizations(): Promise<readonly OrganizationEntry[]> {
    return ((await this.rest.ask('GET', this.url('/v1/organizations'))) as OrganizationList).organizations;
  }

  /** Revokes its tokens and deletes its environments, with their histories. */
  async deleteOrganization(id: string): Promise<RemovedOrganization> {
    return (await this.rest.ask('DELETE', this.url('/v1/organizations', id))) as RemovedOrganization;
  }

  /** With its history; its listener stops. @param name `id` or `connectionId` */
  async deleteEnvironment(name: string): Promise<ChangedEnvironment> {
    return (await this.rest.ask('DELETE', this.url('/v1/environments', name))) as ChangedEnvironment;
  }

  /** So that another token may register it; its listener stops. @param name `id` or `connectionId` */
  async releaseEnvironment(name: string): Promise<ChangedEnvironment> {
    return (await this.rest.ask('POST', this.url('/v1/environments', name, 'release'))) as ChangedEnvironment;
  }

  /** A page of the audit log, the newest first. Times as ISO 8601; `before`: the `next` of the page before. */
  async audit(query: AuditFilter = {}): Promise<AuditPage> {
    const { limit, ...rest } = query;
    const url = relayUrl(this.server, '/v1/audit', { ...rest, limit: limit === undefined ? undefined : String(limit) });
    return (await this.rest.ask('GET', url)) as AuditPage;
  }

  /** What one token, one address or one client may ask of the relay. */
  async limits(): Promise<LimitsInfo> {
    return (await this.rest.ask('GET', this.url('/v1/limits'))) as LimitsInfo;
  }

  /** The processes that are the relay, for operators; one where it is a single process. */
  async nodes(): Promise<RelayNodes> {
    return (await this.rest.ask('GET', this.url('/v1/nodes'))) as RelayNodes;
  }

  private url(path: string, ...parts: readonly string[]): URL {
    return relayUrl(this.server, [path, ...parts.map((part) => encodeURIComponent(part))].join('/'));
  }
}
