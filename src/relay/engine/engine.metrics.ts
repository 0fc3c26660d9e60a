import type { Metrics } from '../../observability/index.js';

/** Counts what goes between relay nodes, for `/metrics`. */
export class EngineMetrics {
  private readonly packets;
  private readonly bytes;

  constructor(metrics: Metrics) {
    this.packets = metrics.counter('twinlane_relay_node_packets_total', 'Packets between relay nodes.', ['direction']);
    this.bytes = metrics.counter('twinlane_relay_node_bytes_total', 'Bytes between relay nodes.', ['direction']);
  }

  packetSent(bytes: number): void {
    this.packets.inc({ direction: 'sent' });
    this.bytes.inc({ direction: 'sent' }, bytes);
  }

  packetReceived(bytes: number): void {
    this.packets.inc({ direction: 'received' });
    this.bytes.inc({ direction: 'received' }, bytes);
  }
}
