import { Module } from '@nestjs/common';
import { Metrics } from './metrics.js';

/**
 * One `Metrics` for the whole application.
 *
 * @publicApi
 */
@Module({ providers: [Metrics], exports: [Metrics] })
export class MetricsModule {}
