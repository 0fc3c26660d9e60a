import { Controller, Get, Header, UseGuards } from '@nestjs/common';
import { Metrics, METRICS_CONTENT_TYPE, processMetricsText } from '../../observability/index.js';
import { ScrapeGuard } from './scrape.guard.js';

/** What this relay and its process count, in Prometheus' text format. */
@Controller()
@UseGuards(ScrapeGuard)
export class MetricsController {
  constructor(private readonly metrics: Metrics) {}

  /** What is counted, in Prometheus' text format. Programs of the relay's own machine that ask directly need no token. */
  @Get('metrics')
  @Header('Content-Type', METRICS_CONTENT_TYPE)
  @Header('Cache-Control', 'no-store')
  async text(): Promise<string> {
    return (await Promise.all([this.metrics.text(), processMetricsText()])).join('\n');
  }
}
