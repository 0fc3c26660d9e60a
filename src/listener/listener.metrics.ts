import { Inject, Injectable } from '@nestjs/common';
import { JOURNAL } from '../emitter/index.js';
import type { Journal } from '../journal/index.js';
import { Metrics } from '../observability/index.js';
import { LINK_MONITOR, type LinkMonitor } from '../transport/index.js';

/** Shows how the listener is, on `/metrics`. */
@Injectable()
export class ListenerMetrics {
  constructor(metrics: Metrics, @Inject(JOURNAL) journal: Journal, @Inject(LINK_MONITOR) link: LinkMonitor) {
    metrics.gauge(
      'twinlane_listener_journal_bytes',
      'Kept in the journal; in memory until the server has it, on disk by retention.',
      [],
      (gauge) => gauge.set(journal.bytes),
    );
    metrics.gauge('twinlane_listener_link_ready', '1 while the link is ready.', [], (gauge) =>
      gauge.set(link.current.phase === 'ready' ? 1 : 0),
    );
  }
}
