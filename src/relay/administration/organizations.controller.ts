import { Body, Controller, Delete, Get, Param, Post, Req, UseGuards, UsePipes } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import type { OrganizationEntry, OrganizationList, RemovedOrganization } from '../../protocol/index.js';
import { AccessGuard, Caller } from '../access/access.guard.js';
import type { Identity } from '../access/identity.js';
import { Audit, actorOf } from '../audit/audit.js';
import { requestValidation } from '../environments/request-validation.pipe.js';
import { CreateOrganizationDto } from './create-organization.dto.js';
import { OrganizationsService } from './organizations.service.js';

/** Organisations of this relay (protocol section 4). */
@Controller('v1/organizations')
@UseGuards(AccessGuard)
@UsePipes(requestValidation)
export class OrganizationsController {
  constructor(
    private readonly organizations: OrganizationsService,
    private readonly audit: Audit,
  ) {}

  @Post()
  async create(
    @Caller() caller: Identity,
    @Req() request: IncomingMessage,
    @Body() body: CreateOrganizationDto,
  ): Promise<OrganizationEntry> {
    this.audit.assertKept();
    const made = await this.organizations.create(caller, body);
    const { id: organizationId, name } = made;
    this.audit.record({
      kind: 'organization_created',
      actor: { ...actorOf(caller, request), organizationId },
      details: { name },
    });
    return made;
  }

  @Get()
  list(@Caller() caller: Identity): Promise<OrganizationList> {
    return this.organizations.list(caller);
  }

  @Delete(':id')
  async remove(
    @Caller() caller: Identity,
    @Req() request: IncomingMessage,
    @Param('id') id: string,
  ): Promise<RemovedOrganization> {
    this.audit.assertKept();
    const removed = await this.organizations.remove(caller, id);
    const { name, revokedTokens, deletedEnvironments } = removed;
    this.audit.record({
      kind: 'organization_deleted',
      actor: { ...actorOf(caller, request), organizationId: id },
      details: { name, revokedTokens, deletedEnvironments },
    });
    return removed;
  }
}
