import { takenId, TokenStore, type OrganizationRecord, type TokenRecord } from '../../../access/tokens/token-store.js';
import { RelayError } from '../../../relay.error.js';
import {
  digestList,
  endList,
  FORGET_FROM,
  idKey,
  ORGANIZATIONS,
  organizationKey,
  tokenKey,
  TOKENS_BUCKET,
  type KeptOrganization,
  type KeptToken,
} from './kept-access.js';
import { KvLists, makeTag, readTagged, taggedEntry } from './kv-lists.js';
import { KvRecords, orElse, type Kept } from './kv-records.js';
import type { NatsConnection } from '../connection/nats-connection.js';

const DAY_MS = 24 * 60 * 60 * 1_000;
/** Records that are read, or changed, at once for whoever wants a whole list. */
const AT_ONCE = 50;

/**
 * Keeps tokens and organisations in a bucket that all nodes share. A token is one record under its digest, so that who presents it costs
 * one question; lists by organisation, and by the day on which tokens end, name digests.
 */
export class KvTokenStore extends TokenStore {
  private readonly lists: KvLists;
  /** By id of a token: its use is being written down. */
  private readonly noting = new Map<string, Promise<void>>();

  private constructor(private readonly records: KvRecords) {
    super();
    this.lists = new KvLists(records);
  }

  /** @throws NatsError when the bucket cannot be made */
  static async open(connection: NatsConnection): Promise<KvTokenStore> {
    return new KvTokenStore(await KvRecords.open(connection, TOKENS_BUCKET));
  }

  async add(token: TokenRecord, digest: string): Promise<void> {
    const { id, organizationId, createdAt, expiresAt } = token;
    await orElse('CHANGE_NOT_KEPT', async () => {
      await this.assertTakesTokens(organizationId);
      await this.records.create(FORGET_FROM, dayOf(createdAt));
      // What finds it comes first: a token that nobody finds could not be revoked.
      if (expiresAt !== null) await this.lists.add(endList(dayOf(expiresAt)), digest);
      await this.records.put(idKey(id), digest);
      const page = await this.lists.add(digestList(organizationId), digest);
      await this.records.put(tokenKey(digest), { token, page } satisfies KeptToken);
      try {
        // Whoever took the organisation away meanwhile may not have seen this token.
        await this.assertTakesTokens(organizationId);
      } catch (error) {
        await this.revoke(id, createdAt);
        throw error;
      }
    });
  }

  async byDigest(digest: string): Promise<TokenRecord | undefined> {
    return (await this.records.get<KeptToken>(tokenKey(digest)))?.value.token;
  }

  async get(id: string): Promise<TokenRecord | undefined> {
    const digest = await this.digestOf(id);
    return digest === undefined ? undefined : this.byDigest(digest);
  }

  async list(organizationId?: string): Promise<readonly TokenRecord[]> {
    if (organizationId !== undefined) return this.listed(digestList(organizationId), (digest) => this.byDigest(digest));
    const all: TokenRecord[] = [];
    for (const { organization } of await this.everyOrganization()) all.push(...(await this.list(organization.id)));
    return all.toSorted((a, b) => a.createdAt - b.createdAt);
  }

  async revoke(id: string, at: number): Promise<void> {
    await orElse('CHANGE_NOT_KEPT', async () => {
      const digest = await this.digestOf(id);
      const known = digest === undefined ? undefined : await this.byDigest(digest);
      if (digest === undefined || known?.revokedAt !== null) return;
      await this.lists.add(endList(dayOf(at)), digest);
      await this.change(digest, (token) => (token.revokedAt === null ? { ...token, revokedAt: at } : undefined));
    });
  }

  async forgetEnded(at: number): Promise<void> {
    await orElse('CHANGE_NOT_KEPT', async () => {
      const last = dayOf(at);
      const from = (await this.records.get<number>(FORGET_FROM))?.value ?? last;
      for (let day = from; day <= last; day++) {
        for await (const { entries } of this.lists.pages(endList(day)))
          for (const digest of entries) await this.forget(digest, at);
        if (day < last) await this.lists.drop(endList(day));
      }
      if (from < last) await this.records.put(FORGET_FROM, last);
    });
  }

  /** Thousands of sockets may come with one token at once: what comes while a use is being written is not written too. */
  async used(id: string, at: number): Promise<void> {
    const noting = this.noting.get(id) ?? this.note(id, at).finally(() => this.noting.delete(id));
    this.noting.set(id, noting);
    await noting;
  }

  async addOrganization(organization: OrganizationRecord): Promise<void> {
    const { id } = organization;
    await orElse('CHANGE_NOT_KEPT', async () => {
      const known = await this.organizationOf(id);
      if (known) throw takenId(known.state === 'gone');
      const tag = makeTag();
      await this.lists.add(ORGANIZATIONS, taggedEntry(id, tag));
      const made = { organization, tag, state: 'there' } satisfies KeptOrganization;
      if ((await this.records.create(organizationKey(id), made)) === undefined) throw takenId(false);
    });
  }

  async organization(id: string): Promise<OrganizationRecord | undefined> {
    const known = await this.organizationOf(id);
    return known?.state === 'gone' ? undefined : known?.organization;
  }

  async organizations(): Promise<readonly OrganizationRecord[]> {
    const every = await this.everyOrganization();
    return every.filter(({ state }) => state !== 'gone').map(({ organization }) => organization);
  }

  /** Where this fails the organisation is there, and takes no tokens any more: asked again, it goes on. */
  async removeOrganization(id: string, at: number): Promise<readonly string[]> {
    return orElse('CHANGE_NOT_KEPT', async () => {
      const isThere = await this.become(id, 'going');
      if (!isThere) return [];
      const live = (await this.list(id)).filter(({ revokedAt }) => revokedAt === null);
      for (let from = 0; from < live.length; from += AT_ONCE)
        await Promise.all(live.slice(from, from + AT_ONCE).map((token) => this.revoke(token.id, at)));
      await this.become(id, 'gone');
      return live.map((token) => token.id);
    });
  }

  private async assertTakesTokens(organizationId: string): Promise<void> {
    if ((await this.organizationOf(organizationId))?.state !== 'there') throw new RelayError('ORGANIZATION_UNKNOWN');
  }

  /** @returns false: it is not there */
  private become(id: string, state: KeptOrganization['state']): Promise<boolean> {
    return this.records.change<KeptOrganization, boolean>(organizationKey(id), (known) =>
      known === undefined || known.state === 'gone'
        ? { value: undefined, result: false }
        : { value: { ...known, state }, result: true },
    );
  }

  private async forget(digest: string, at: number): Promise<void> {
    const kept = await this.records.get<KeptToken>(tokenKey(digest));
    if (!kept || !hasEndedBefore(kept, at)) return;
    const { token, page } = kept.value;
    await this.lists.remove(digestList(token.organizationId), { page, entry: digest });
    const named = await this.records.get(idKey(token.id));
    if (named) await this.records.remove(idKey(token.id), named.revision);
    // Last: while it is there, the list of its day leads here again.
    await this.records.remove(tokenKey(digest), kept.revision);
  }

  private async note(id: string, at: number): Promise<void> {
    const digest = await this.digestOf(id);
    if (digest === undefined) return;
    await this.change(digest, (token) =>
      token.lastUsedAt === null || token.lastUsedAt < at ? { ...token, lastUsedAt: at } : undefined,
    );
  }

  private change(digest: string, change: (token: TokenRecord) => TokenRecord | undefined): Promise<void> {
    return this.records.change<KeptToken, void>(tokenKey(digest), (kept) => {
      const token = kept && change(kept.token);
      return { value: kept && token && { ...kept, token }, result: undefined };
    });
  }

  private async digestOf(id: string): Promise<string | undefined> {
    return (await this.records.get<string>(idKey(id)))?.value;
  }

  private async organizationOf(id: string): Promise<KeptOrganization | undefined> {
    return (await this.records.get<KeptOrganization>(organizationKey(id)))?.value;
  }

  /** Those that were taken away too: their tokens are shown for some time. */
  private everyOrganization(): Promise<readonly KeptOrganization[]> {
    return this.listed(ORGANIZATIONS, async (entry) => {
      const { id, tag } = readTagged(entry);
      const known = await this.organizationOf(id);
      return known?.tag === tag ? known : undefined;
    });
  }

  private async listed<T>(list: string, read: (entry: string) => Promise<T | undefined>): Promise<readonly T[]> {
    const all: T[] = [];
    for await (const { entries } of this.lists.pages(list))
      for (let from = 0; from < entries.length; from += AT_ONCE) {
        const found = await Promise.all(entries.slice(from, from + AT_ONCE).map(read));
        all.push(...found.filter((one) => one !== undefined));
      }
    return all;
  }
}

function hasEndedBefore({ value: { token } }: Kept<KeptToken>, at: number): boolean {
  const endedAt = token.revokedAt ?? token.expiresAt;
  return endedAt !== null && endedAt < at;
}

/** Days since the epoch, UTC. */
function dayOf(at: number): number {
  return Math.floor(at / DAY_MS);
}
