import { Body, Controller, Delete, Get, Param, Post, Query, Req, UseGuards, UsePipes } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import type { CreatedToken, TokenEntry, TokenPage } from '../../protocol/index.js';
import { AccessGuard, Caller } from '../access/access.guard.js';
import type { Identity } from '../access/identity.js';
import type { AuditDraft } from '../audit/audit-entry.js';
import { Audit, actorOf } from '../audit/audit.js';
import { requestValidation } from '../environments/request-validation.pipe.js';
import { CreateTokenDto } from './create-token.dto.js';
import { ListTokensQuery } from './list-tokens.query.js';
import { TokensService } from './tokens.service.js';

/** Characters of patterns in an entry of the audit log. */
const MOST_CHARACTERS = 200;

/** Tokens of organisations (protocol section 4). */
@Controller('v1/tokens')
@UseGuards(AccessGuard)
@UsePipes(requestValidation)
export class TokensController {
  constructor(
    private readonly tokens: TokensService,
    private readonly audit: Audit,
  ) {}

  @Post()
  async create(
    @Caller() caller: Identity,
    @Req() request: IncomingMessage,
    @Body() body: CreateTokenDto,
  ): Promise<CreatedToken> {
    this.audit.assertKept();
    const made = await this.tokens.create(caller, body);
    this.audit.record({ kind: 'token_created', ...about(caller, request, made) });
    return made;
  }

  @Get()
  list(@Caller() caller: Identity, @Query() query: ListTokensQuery): Promise<TokenPage> {
    return this.tokens.list(caller, query);
  }

  @Delete(':id')
  async revoke(
    @Caller() caller: Identity,
    @Req() request: IncomingMessage,
    @Param('id') id: string,
  ): Promise<TokenEntry> {
    // Also where it cannot be written down: whoever stole the token would go on meanwhile.
    const revoked = await this.tokens.revoke(caller, id);
    this.audit.record({ kind: 'token_revoked', ...about(caller, request, revoked) });
    return revoked;
  }
}

/** It is the token's organisation that wants to know. */
function about(caller: Identity, request: IncomingMessage, token: TokenEntry): Pick<AuditDraft, 'actor' | 'details'> {
  const { id, name, role, organizationId, environments, access, mayApprove } = token;
  const details = { token: id, name, role, ...(role === 'client' ? { access, mayApprove } : {}) };
  const scope = role === 'admin' ? {} : { environments: environments.join(',').slice(0, MOST_CHARACTERS) };
  return { actor: { ...actorOf(caller, request), organizationId }, details: { ...details, ...scope } };
}
