import type { Metrics } from '../../observability/index.js';

/** What there is of many nodes, as this one knows it. */
export interface EngineFigures {
  nodes(): { readonly length: number };
  /** Of this node. */
  readonly homesHere: number;
  /** That end at this node. */
  readonly tunnels: number;
  readonly isConnected: boolean;
}

/** Counts what goes between relay nodes, for `/metrics`. */
export class EngineMetrics {
  private readonly packets;
  private readonly bytes;

  constructor(metrics: Metrics) {
    this.packets = metrics.counter('twinlane_relay_node_packets_total', 'Packets between relay nodes.', ['direction']);
    this.bytes = metrics.counter('twinlane_relay_node_bytes_total', 'Bytes between relay nodes.', ['direction']);
  }

  /** @param now what there is */
  show(metrics: Metrics, now: EngineFigures): void {
    metrics.gauge('twinlane_relay_nodes', 'Relay nodes that live.', [], (gauge) => gauge.set(now.nodes().length));
    metrics.gauge('twinlane_relay_homes', 'Environments that this node serves.', [], (gauge) =>
      gauge.set(now.homesHere),
    );
    metrics.gauge('twinlane_relay_tunnels', 'Sockets and calls between this node and others.', [], (gauge) =>
      gauge.set(now.tunnels),
    );
    metrics.gauge('twinlane_relay_nats_connected', 'Whether this node reaches NATS.', [], (gauge) =>
      gauge.set(now.isConnected ? 1 : 0),
    );
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
