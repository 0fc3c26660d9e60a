import { Injectable } from '@nestjs/common';
import { Metrics } from '../../observability/index.js';
import { RoutingService } from '../routing/routing.service.js';

/** Shows what the relay's histories keep, on `/metrics`. */
@Injectable()
export class HistoryMetrics {
  constructor(metrics: Metrics, routing: RoutingService) {
    metrics.gauge('twinlane_relay_history_bytes', 'Kept in histories.', [], (gauge) => gauge.set(routing.historyBytes));
  }
}
