import { Controller, Get, Query, UseGuards, UsePipes } from '@nestjs/common';
import type { EnvironmentChanges } from '../../protocol/index.js';
import { AccessGuard, Caller } from '../access/access.guard.js';
import type { Identity } from '../access/identity.js';
import { EnvironmentChangesQuery } from './environment-changes.query.js';
import { EnvironmentsService } from './environments.service.js';
import { requestValidation } from './request-validation.pipe.js';

/** How the list of environments goes on (protocol section 4). */
@Controller('v1/environment-changes')
@UseGuards(AccessGuard)
@UsePipes(requestValidation)
export class EnvironmentChangesController {
  constructor(private readonly environments: EnvironmentsService) {}

  /** What has become of environments since an earlier answer. Without `since` it tells none, but from where on it will: ask for that first, then for the list. */
  @Get()
  changes(@Caller() caller: Identity, @Query() query: EnvironmentChangesQuery): Promise<EnvironmentChanges> {
    return this.environments.changesSince(caller, query.since);
  }
}
