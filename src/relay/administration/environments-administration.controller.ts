import { Controller, Delete, HttpCode, Param, Post, UseGuards } from '@nestjs/common';
import type { ChangedEnvironment } from '../../protocol/index.js';
import { AccessGuard, Caller } from '../access/access.guard.js';
import type { Identity } from '../access/identity.js';
import { EnvironmentsAdministration } from './environments-administration.js';

/** What an admin does to environments (protocol section 4). */
@Controller('v1/environments')
@UseGuards(AccessGuard)
export class EnvironmentsAdministrationController {
  constructor(private readonly environments: EnvironmentsAdministration) {}

  @Delete(':name')
  delete(@Caller() caller: Identity, @Param('name') name: string): Promise<ChangedEnvironment> {
    return this.environments.delete(caller, name);
  }

  @Post(':name/release')
  @HttpCode(200)
  release(@Caller() caller: Identity, @Param('name') name: string): Promise<ChangedEnvironment> {
    return this.environments.release(caller, name);
  }
}
