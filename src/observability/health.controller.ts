import { Controller, Get, Header, ServiceUnavailableException } from '@nestjs/common';
import { HealthCheckService, HealthIndicatorService, type HealthCheckResult } from '@nestjs/terminus';
import { errorBody } from '../protocol/index.js';
import { Readiness, type ReadinessCheck } from './readiness.js';

/** What load balancers and supervisors ask. Needs no token and tells nothing but the state. */
@Controller()
export class HealthController {
  constructor(
    private readonly readiness: Readiness,
    private readonly health: HealthCheckService,
    private readonly indicators: HealthIndicatorService,
  ) {}

  /** The process lives: 200, whatever else is wrong. Restart it when this stays unanswered. */
  @Get('healthz')
  @Header('Cache-Control', 'no-store')
  alive(): { status: 'ok' } {
    return { status: 'ok' };
  }

  /**
   * The process takes traffic: 503 with NOT_READY or DRAINING otherwise.
   *
   * @throws RelayError NOT_READY, DRAINING
   */
  @Get('readyz')
  @Header('Cache-Control', 'no-store')
  async ready(): Promise<HealthCheckResult> {
    const { state, checks } = this.readiness;
    if (state === 'starting') throw new ServiceUnavailableException(errorBody('NOT_READY'));
    if (state === 'draining') throw new ServiceUnavailableException(errorBody('DRAINING'));
    return this.health.check(
      [...checks].map(
        ([name, check]) =>
          () =>
            this.run(name, check),
      ),
    );
  }

  private async run(name: string, check: ReadinessCheck) {
    let said: string | void;
    try {
      said = await check();
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new ServiceUnavailableException(errorBody('NOT_READY', `${name} is not ready: ${why}`), { cause });
    }
    const indicator = this.indicators.check(name);
    return said === undefined ? indicator.up() : indicator.up(said);
  }
}
