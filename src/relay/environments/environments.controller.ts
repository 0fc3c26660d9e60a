import { Body, Controller, Get, HttpCode, Param, Post, Query, Req, UseGuards, UsePipes } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import type { EnvironmentPage, EnvironmentRecord, RegistrationResponse } from '../../protocol/index.js';
import { assertMayRegisterAny } from '../access/assert-rights.js';
import { AccessGuard, Caller } from '../access/access.guard.js';
import { AccessLimits } from '../access/access-limits.js';
import type { Identity } from '../access/identity.js';
import { ClientSessions } from '../gateways/client.sessions.js';
import { RelayOptions } from '../relay.options.js';
import { EnvironmentsService, type MessagesOutcome } from './environments.service.js';
import { ListEnvironmentsQuery } from './list-environments.query.js';
import { RegisterEnvironmentDto } from './register-environment.dto.js';
import { requestValidation } from './request-validation.pipe.js';
import { SendMessagesDto } from './send-messages.dto.js';
import { listenerUrl } from './ws-url.js';

/** The REST side of the relay (protocol sections 1 and 4). */
@Controller('v1/environments')
@UseGuards(AccessGuard)
@UsePipes(requestValidation)
export class EnvironmentsController {
  constructor(
    private readonly environments: EnvironmentsService,
    private readonly options: RelayOptions,
    private readonly limits: AccessLimits,
    private readonly clients: ClientSessions,
  ) {}

  @Post('register')
  @HttpCode(200)
  async register(
    @Caller() caller: Identity,
    @Req() request: IncomingMessage,
    @Body() body: RegisterEnvironmentDto,
  ): Promise<RegistrationResponse> {
    assertMayRegisterAny(caller);
    this.limits.registration(caller);
    const { environment, secret } = await this.environments.register(caller, body);
    this.clients.named(environment);
    const { connectionId } = environment;
    return {
      connectionId,
      wsUrl: listenerUrl(request, this.options.publicUrl, connectionId, secret),
      ...this.environments.capabilitiesFor(environment),
      maxFrameBytes: this.options.maxFrameBytes,
    };
  }

  @Get()
  list(@Caller() caller: Identity, @Query() query: ListEnvironmentsQuery): Promise<EnvironmentPage> {
    return this.environments.list(caller, query);
  }

  @Get(':name')
  get(@Caller() caller: Identity, @Param('name') name: string): Promise<EnvironmentRecord> {
    return this.environments.get(caller, name);
  }

  @Post(':name/messages')
  @HttpCode(200)
  async sendMessages(
    @Caller() caller: Identity,
    @Param('name') name: string,
    @Body() body: SendMessagesDto,
  ): Promise<MessagesOutcome> {
    this.limits.command(caller);
    return this.environments.sendMessages(caller, name, body);
  }
}
