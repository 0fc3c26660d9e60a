import { Body, Controller, Delete, Get, Header, Param, Post, Query, UseGuards, UsePipes } from '@nestjs/common';
import type { CreatedToken, TokenEntry, TokenPage } from '../../protocol/index.js';
import { AccessGuard, Caller } from '../access/access.guard.js';
import type { Identity } from '../access/identity.js';
import { requestValidation } from '../environments/request-validation.pipe.js';
import { CreateTokenDto } from './create-token.dto.js';
import { ListTokensQuery } from './list-tokens.query.js';
import { TokensService } from './tokens.service.js';

/** Tokens of organisations (protocol section 4). */
@Controller('v1/tokens')
@UseGuards(AccessGuard)
@UsePipes(requestValidation)
export class TokensController {
  constructor(private readonly tokens: TokensService) {}

  @Post()
  @Header('Cache-Control', 'no-store')
  create(@Caller() caller: Identity, @Body() body: CreateTokenDto): Promise<CreatedToken> {
    return this.tokens.create(caller, body);
  }

  @Get()
  list(@Caller() caller: Identity, @Query() query: ListTokensQuery): Promise<TokenPage> {
    return this.tokens.list(caller, query);
  }

  @Delete(':id')
  revoke(@Caller() caller: Identity, @Param('id') id: string): Promise<TokenEntry> {
    return this.tokens.revoke(caller, id);
  }
}
