import { Body, Controller, Get, HttpCode, Param, Post, Query, Req, UseGuards, UsePipes } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import type { EnvironmentPage, EnvironmentRecord, RegistrationResponse, RuntimePage } from '../../protocol/index.js';
import { assertMayRegisterAny } from '../access/assert-rights.js';
import { AccessGuard, Caller } from '../access/access.guard.js';
import { AccessLimits } from '../access/access-limits.js';
import { addressOf } from '../access/client-address.js';
import type { Identity } from '../access/identity.js';
import { namedOf } from '../audit/audit-names.js';
import { Audit, actorOf } from '../audit/audit.js';
import { Engine } from '../engine/engine.js';
import { RelayOptions } from '../relay.options.js';
import { EnvironmentsService, type MessagesOutcome } from './environments.service.js';
import { ListEnvironmentsQuery } from './list-environments.query.js';
import { ListRuntimesQuery } from './list-runtimes.query.js';
import { RegisterEnvironmentDto } from './register-environment.dto.js';
import { requestValidation } from './request-validation.pipe.js';
import { SendMessagesDto } from './send-messages.dto.js';
import { listenerUrl } from './ws-url.js';

const PATH = 'v1/environments';
const REGISTER = 'register';

/** Where listeners register. */
export const REGISTER_PATH = `${PATH}/${REGISTER}`;

/** The REST side of the relay (protocol sections 1 and 4). */
@Controller(PATH)
@UseGuards(AccessGuard)
@UsePipes(requestValidation)
export class EnvironmentsController {
  constructor(
    private readonly environments: EnvironmentsService,
    private readonly options: RelayOptions,
    private readonly limits: AccessLimits,
    private readonly engine: Engine,
    private readonly audit: Audit,
  ) {}

  /**
   * Registers a listener. What it agrees with the relay, and where it connects to with its lease, is in the answer.
   *
   * @throws RelayError ENVIRONMENT_TAKEN, LISTENER_SUPERSEDED, TOO_MANY, REGISTRATION_NOT_KEPT, AUDIT_NOT_KEPT
   */
  @Post(REGISTER)
  @HttpCode(200)
  async register(
    @Caller() caller: Identity,
    @Req() request: IncomingMessage,
    @Body() body: RegisterEnvironmentDto,
  ): Promise<RegistrationResponse> {
    assertMayRegisterAny(caller);
    this.limits.registration(caller);
    this.audit.assertKept();
    const { environment, secret } = await this.environments.register(caller, body);
    this.audit.named(environment.id, namedOf(environment));
    this.engine.named(environment);
    const { id, connectionId } = environment;
    this.audit.record({ kind: 'listener_registered', actor: actorOf(caller, request), environmentId: id });
    return {
      connectionId,
      wsUrl: listenerUrl(request, this.options.publicUrl, connectionId, secret),
      ...this.environments.capabilitiesFor(environment),
      maxFrameBytes: this.options.maxFrameBytes,
    };
  }

  /** Environments of the organisation, in pages. The next page begins `after` the `id` of the last one. */
  @Get()
  list(@Caller() caller: Identity, @Query() query: ListEnvironmentsQuery): Promise<EnvironmentPage> {
    return this.environments.list(caller, query);
  }

  /**
   * One environment. It is named by its `id`, its `connectionId` or its `deviceId`; of several of one device the one that is online.
   *
   * @throws RelayError ENVIRONMENT_UNKNOWN
   */
  @Get(':name')
  get(@Caller() caller: Identity, @Param('name') name: string): Promise<EnvironmentRecord> {
    return this.environments.get(caller, name);
  }

  /**
   * The runtimes of an environment of which the relay has events, the newest first; also while it is offline.
   *
   * @throws RelayError ENVIRONMENT_UNKNOWN, NODE_AWAY
   */
  @Get(':name/runtimes')
  runtimes(
    @Caller() caller: Identity,
    @Param('name') name: string,
    @Query() query: ListRuntimesQuery,
  ): Promise<RuntimePage> {
    return this.environments.runtimes(caller, name, query.limit);
  }

  /**
   * Sends messages to an agent. The answer says whether the device accepted them; what becomes of them goes over sockets.
   *
   * @throws RelayError ENVIRONMENT_UNKNOWN, DEVICE_OFFLINE, NODE_AWAY, TOO_MANY, AUDIT_NOT_KEPT
   */
  @Post(':name/messages')
  @HttpCode(200)
  async sendMessages(
    @Caller() caller: Identity,
    @Req() request: IncomingMessage,
    @Param('name') name: string,
    @Body() body: SendMessagesDto,
  ): Promise<MessagesOutcome> {
    this.limits.command(caller, request);
    this.audit.assertKept();
    return this.environments.sendMessages(caller, name, body, addressOf(request));
  }
}
