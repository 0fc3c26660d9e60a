import { Controller, Get, Query, UseGuards, UsePipes } from '@nestjs/common';
import type { AuditPage } from '../../protocol/index.js';
import { AccessGuard, Caller } from '../access/access.guard.js';
import { AccessLimits } from '../access/access-limits.js';
import { assertMayAdminister } from '../access/assert-rights.js';
import type { Identity } from '../access/identity.js';
import { mayAdminister, mayOperate } from '../access/rights.js';
import { requestValidation } from '../environments/request-validation.pipe.js';
import { RelayError } from '../relay.error.js';
import { Audit } from './audit.js';
import { ListAuditQuery } from './list-audit.query.js';

/** Who did what (docs/security.md). */
@Controller('v1/audit')
@UseGuards(AccessGuard)
@UsePipes(requestValidation)
export class AuditController {
  constructor(
    private readonly audit: Audit,
    private readonly limits: AccessLimits,
  ) {}

  /**
   * The audit log in pages, the newest first: of the caller's organisation, for an operator of all. The next page comes `before` the `next` of this one.
   *
   * @throws RelayError ACCESS_REFUSED, ORGANIZATION_UNKNOWN, TOO_MANY
   */
  @Get()
  async entries(@Caller() caller: Identity, @Query() query: ListAuditQuery): Promise<AuditPage> {
    assertMayAdminister(caller);
    const own = mayOperate(caller) ? undefined : caller.organizationId;
    const { organizationId = own, environment, token: tokenId, kind, from, to, limit, before } = query;
    if (organizationId !== undefined && !mayAdminister(caller, organizationId))
      throw new RelayError('ORGANIZATION_UNKNOWN');
    this.limits.auditPage(caller);
    const at = (time: string | undefined): number | undefined => (time === undefined ? undefined : Date.parse(time));
    const times = { from: at(from), to: at(to) };
    return this.audit.list({ organizationId, environment, tokenId, kind, ...times, limit, before });
  }
}
