import { Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { HealthController } from './health.controller.js';
import { Readiness } from './readiness.js';

/**
 * `GET /healthz` and `GET /readyz` for any application that listens on HTTP. Inject `Readiness` to add checks of your own.
 *
 * @publicApi
 */
@Module({
  imports: [TerminusModule],
  controllers: [HealthController],
  providers: [Readiness],
  exports: [Readiness],
})
export class HealthModule {}
