import { Controller, Get, Inject, UseGuards } from '@nestjs/common';
import { CLOCK } from '../../config/index.js';
import type { Clock, LimitsInfo } from '../../protocol/index.js';
import { AccessGuard, Caller } from '../access/access.guard.js';
import { assertMayAdminister } from '../access/assert-rights.js';
import type { Identity } from '../access/identity.js';
import { mayOperate } from '../access/rights.js';
import { RelayMetrics } from '../metrics/relay.metrics.js';
import { RelayOptions } from '../relay.options.js';

/** What may be asked of this relay. */
@Controller('v1/limits')
@UseGuards(AccessGuard)
export class LimitsController {
  private readonly since: number;

  constructor(
    private readonly options: RelayOptions,
    private readonly metrics: RelayMetrics,
    @Inject(CLOCK) clock: Clock,
  ) {
    this.since = clock.now();
  }

  /**
   * The limits that count, for who administers; to an operator also how often somebody ran into one: that concerns every organisation.
   *
   * @throws RelayError ACCESS_REFUSED
   */
  @Get()
  async get(@Caller() caller: Identity): Promise<LimitsInfo> {
    assertMayAdminister(caller);
    const refused = mayOperate(caller) ? await this.metrics.limitedSoFar() : null;
    return { limits: { ...this.options.limits }, refused, since: this.since };
  }
}
