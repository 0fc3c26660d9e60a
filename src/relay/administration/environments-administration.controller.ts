import { Controller, Delete, HttpCode, Param, Post, Req, UseGuards } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import type { AuditKind, ChangedEnvironment } from '../../protocol/index.js';
import { AccessGuard, Caller } from '../access/access.guard.js';
import type { Identity } from '../access/identity.js';
import type { Actor } from '../audit/audit-entry.js';
import { Audit, actorOf } from '../audit/audit.js';
import { EnvironmentsAdministration } from './environments-administration.js';

/** What an admin does to environments (protocol section 4). */
@Controller('v1/environments')
@UseGuards(AccessGuard)
export class EnvironmentsAdministrationController {
  constructor(
    private readonly environments: EnvironmentsAdministration,
    private readonly audit: Audit,
  ) {}

  @Delete(':name')
  async delete(
    @Caller() caller: Identity,
    @Req() request: IncomingMessage,
    @Param('name') name: string,
  ): Promise<ChangedEnvironment> {
    this.audit.assertKept();
    const changed = await this.environments.delete(caller, name);
    return this.recorded('environment_deleted', actorOf(caller, request), changed);
  }

  @Post(':name/release')
  @HttpCode(200)
  async release(
    @Caller() caller: Identity,
    @Req() request: IncomingMessage,
    @Param('name') name: string,
  ): Promise<ChangedEnvironment> {
    this.audit.assertKept();
    const changed = await this.environments.release(caller, name);
    return this.recorded('environment_released', actorOf(caller, request), changed);
  }

  private recorded(kind: AuditKind, actor: Actor, changed: ChangedEnvironment): ChangedEnvironment {
    this.audit.record({ kind, actor, environmentId: changed.id, environmentName: changed.connectionName });
    return changed;
  }
}
