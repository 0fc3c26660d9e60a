import { RelayError } from '../../relay.error.js';
import { takenId, TokenStore, type OrganizationRecord, type TokenRecord } from './token-store.js';

interface Entry {
  record: TokenRecord;
  readonly digest: string;
}

/** Keeps tokens in this process: they end with it. */
export class MemoryTokenStore extends TokenStore {
  private readonly tokens = new Map<string, Entry>();
  private readonly digests = new Map<string, Entry>();
  private readonly known = new Map<string, OrganizationRecord>();
  /** Ids of organisations that were taken away. */
  private readonly removed = new Set<string>();

  async add(record: TokenRecord, digest: string): Promise<void> {
    if (!this.known.has(record.organizationId)) throw new RelayError('ORGANIZATION_UNKNOWN');
    const entry = { record, digest };
    this.tokens.set(record.id, entry);
    this.digests.set(digest, entry);
  }

  async byDigest(digest: string): Promise<TokenRecord | undefined> {
    return this.digests.get(digest)?.record;
  }

  async get(id: string): Promise<TokenRecord | undefined> {
    return this.tokens.get(id)?.record;
  }

  async list(organizationId?: string): Promise<readonly TokenRecord[]> {
    const all = [...this.tokens.values()].map(({ record }) => record);
    return organizationId === undefined ? all : all.filter((record) => record.organizationId === organizationId);
  }

  async revoke(id: string, at: number): Promise<void> {
    const entry = this.tokens.get(id);
    if (entry) entry.record = { ...entry.record, revokedAt: entry.record.revokedAt ?? at };
  }

  async forgetEnded(at: number): Promise<void> {
    for (const [id, { record, digest }] of this.tokens) {
      const endedAt = record.revokedAt ?? record.expiresAt;
      if (endedAt === null || endedAt >= at) continue;
      this.tokens.delete(id);
      this.digests.delete(digest);
    }
  }

  async used(id: string, at: number): Promise<void> {
    const entry = this.tokens.get(id);
    if (entry) entry.record = { ...entry.record, lastUsedAt: Math.max(at, entry.record.lastUsedAt ?? at) };
  }

  async addOrganization(organization: OrganizationRecord): Promise<void> {
    const { id } = organization;
    if (this.known.has(id) || this.removed.has(id)) throw takenId(this.removed.has(id));
    this.known.set(id, organization);
  }

  async organization(id: string): Promise<OrganizationRecord | undefined> {
    return this.known.get(id);
  }

  async organizations(): Promise<readonly OrganizationRecord[]> {
    return [...this.known.values()];
  }

  async removeOrganization(id: string, at: number): Promise<readonly string[]> {
    if (this.known.delete(id)) this.removed.add(id);
    const live = (await this.list(id)).filter(({ revokedAt }) => revokedAt === null);
    for (const token of live) await this.revoke(token.id, at);
    return live.map((token) => token.id);
  }
}
