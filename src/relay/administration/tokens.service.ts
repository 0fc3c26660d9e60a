import { Inject, Injectable } from '@nestjs/common';
import { CLOCK } from '../../config/index.js';
import type { Clock, CreatedToken, TokenEntry, TokenPage } from '../../protocol/index.js';
import { assertMayAdminister } from '../access/assert-rights.js';
import type { Identity } from '../access/identity.js';
import { mayAdminister } from '../access/rights.js';
import { digestOf, makeToken, makeTokenId } from '../access/token-secret.js';
import { TokenStore, type TokenRecord } from '../access/tokens/token-store.js';
import { RelayError } from '../relay.error.js';
import { RelayOptions } from '../relay.options.js';
import type { CreateTokenDto } from './create-token.dto.js';
import type { ListTokensQuery } from './list-tokens.query.js';
import { Revocation } from './revocation.js';

const EVERY_ENVIRONMENT = ['*'];

/** Makes, lists and revokes the tokens of organisations. */
@Injectable()
export class TokensService {
  constructor(
    private readonly store: TokenStore,
    private readonly revocation: Revocation,
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly options: RelayOptions,
  ) {}

  /**
   * @returns the token too, this one time
   * @throws RelayError ACCESS_REFUSED, ORGANIZATION_UNKNOWN, BAD_REQUEST, TOO_MANY_TOKENS, CHANGE_NOT_KEPT
   */
  async create(caller: Identity, request: CreateTokenDto): Promise<CreatedToken> {
    assertMayAdminister(caller);
    const organizationId = request.organizationId ?? caller.organizationId;
    if (!mayAdminister(caller, organizationId)) throw new RelayError('ORGANIZATION_UNKNOWN');
    const now = this.clock.now();
    refuseNonsense(request, now);
    await this.makeRoom(organizationId, now);
    const { name, role, environments = EVERY_ENVIRONMENT, access = 'steer', mayApprove = false } = request;
    const record: TokenRecord = {
      id: makeTokenId(),
      organizationId,
      name,
      role,
      environments,
      access,
      mayApprove,
      createdAt: now,
      createdBy: caller.tokenId,
      expiresAt: request.expiresAt ?? null,
      lastUsedAt: null,
      revokedAt: null,
    };
    const token = makeToken();
    await this.store.add(record, digestOf(token).toString('hex'));
    return { token, ...entryOf(record, now) };
  }

  /** Where tokens are made, those that ended long ago make room. @throws RelayError TOO_MANY_TOKENS, CHANGE_NOT_KEPT */
  private async makeRoom(organizationId: string, now: number): Promise<void> {
    await this.store.forgetEnded(now - this.options.endedTokensKeptMs);
    const live = (await this.store.list(organizationId)).filter((token) => entryOf(token, now).state === 'active');
    if (live.length >= this.options.tokensPerOrganization) throw new RelayError('TOO_MANY_TOKENS');
  }

  /** @throws RelayError ACCESS_REFUSED, ORGANIZATION_UNKNOWN, BAD_REQUEST */
  async list(caller: Identity, query: ListTokensQuery): Promise<TokenPage> {
    assertMayAdminister(caller);
    const { organizationId, limit, after } = query;
    const isThere = organizationId === undefined || (await this.store.organization(organizationId)) !== undefined;
    if (!isThere || (organizationId !== undefined && !mayAdminister(caller, organizationId)))
      throw new RelayError('ORGANIZATION_UNKNOWN');
    const all = await this.store.list(organizationId);
    const mine = all.filter((token) => mayAdminister(caller, token.organizationId));
    const from = after === undefined ? 0 : mine.findIndex(({ id }) => id === after) + 1;
    if (from === 0 && after !== undefined)
      throw new RelayError('BAD_REQUEST', 'after must be the id of a token that this list has shown.');
    const now = this.clock.now();
    return {
      tokens: mine.slice(from, from + limit).map((token) => entryOf(token, now)),
      hasNextPage: mine.length > from + limit,
    };
  }

  /**
   * Revokes a token; its sockets are closed by the time this resolves. One that was revoked already stays so.
   *
   * @throws RelayError ACCESS_REFUSED, TOKEN_UNKNOWN, CHANGE_NOT_KEPT
   */
  async revoke(caller: Identity, id: string): Promise<TokenEntry> {
    assertMayAdminister(caller);
    const token = await this.store.get(id);
    if (!token || !mayAdminister(caller, token.organizationId)) throw new RelayError('TOKEN_UNKNOWN');
    const now = this.clock.now();
    await this.store.revoke(id, now);
    this.revocation.of([id]);
    return entryOf((await this.store.get(id)) ?? token, now);
  }
}

function entryOf(token: TokenRecord, now: number): TokenEntry {
  const isOver = token.expiresAt !== null && now >= token.expiresAt;
  return { ...token, state: token.revokedAt === null ? (isOver ? 'expired' : 'active') : 'revoked' };
}

/** Scopes that would say less than they seem to. */
function refuseNonsense({ role, environments, access, mayApprove, expiresAt }: CreateTokenDto, now: number): void {
  const given = (value: unknown): boolean => value !== undefined && value !== null;
  const forClients = given(access) || given(mayApprove);
  if (role === 'admin' && (forClients || given(environments)))
    throw new RelayError('BAD_REQUEST', 'An admin has no scopes: it could make itself any token of its organisation.');
  if (role === 'device' && forClients)
    throw new RelayError('BAD_REQUEST', 'access and mayApprove are scopes of clients; leave them out for a device.');
  if (given(expiresAt) && expiresAt !== undefined && expiresAt <= now)
    throw new RelayError('BAD_REQUEST', 'expiresAt must lie in the future (epoch milliseconds).');
}
