import { Body, Controller, Delete, Get, Param, Post, UseGuards, UsePipes } from '@nestjs/common';
import type { OrganizationEntry, OrganizationList, RemovedOrganization } from '../../protocol/index.js';
import { AccessGuard, Caller } from '../access/access.guard.js';
import type { Identity } from '../access/identity.js';
import { requestValidation } from '../environments/request-validation.pipe.js';
import { CreateOrganizationDto } from './create-organization.dto.js';
import { OrganizationsService } from './organizations.service.js';

/** Organisations of this relay (protocol section 4). */
@Controller('v1/organizations')
@UseGuards(AccessGuard)
@UsePipes(requestValidation)
export class OrganizationsController {
  constructor(private readonly organizations: OrganizationsService) {}

  @Post()
  create(@Caller() caller: Identity, @Body() body: CreateOrganizationDto): Promise<OrganizationEntry> {
    return this.organizations.create(caller, body);
  }

  @Get()
  list(@Caller() caller: Identity): Promise<OrganizationList> {
    return this.organizations.list(caller);
  }

  @Delete(':id')
  remove(@Caller() caller: Identity, @Param('id') id: string): Promise<RemovedOrganization> {
    return this.organizations.remove(caller, id);
  }
}
