import type { Metrics } from '../../observability/index.js';

/** What there is of many nodes, as this one knows it. */
export interface EngineFigures {
  readonly isConnected: boolean;
  nodes(): { readonly nodes: { readonly length: number } };
  /** Of this node. */
  readonly homesHere: number;
  /** That end at this node. */
  readonly tunnels: number;
  /** What waits for JetStream at this node. */
  readonly unacknowledged: { readonly events: number; readonly bytes: number };
}

/** How a node went: it said so, or nothing more was heard of it. */
export type NodeEnd = 'left' | 'silent';

/** Where an environment that a node takes was before. */
export type HomeBefore = 'nowhere' | 'gone';

const NOTHING: EngineFigures = {
  isConnected: false,
  nodes: () => ({ nodes: [] }),
  homesHere: 0,
  tunnels: 0,
  unacknowledged: { events: 0, bytes: 0 },
};

/** Counts what a node does with NATS and with other nodes, for `/metrics`. By its shape it observes tunnels, homes and nodes. */
export class EngineMetrics {
  private readonly packets;
  private readonly packetBytes;
  private readonly ended;
  private readonly taken;
  private readonly lost;
  private readonly breaks;
  private readonly publishing;
  private readonly events;
  private readonly bytes;
  private readonly failures;
  private readonly revertedEvents;
  private now = NOTHING;

  constructor(metrics: Metrics) {
    const gauge = (name: string, help: string, value: (now: EngineFigures) => number): unknown =>
      metrics.gauge(`twinlane_relay_${name}`, help, [], (made) => made.set(value(this.now)));
    gauge('nodes', 'Relay nodes that live, as this one knows.', (now) => now.nodes().nodes.length);
    gauge('homes', 'Environments that this node serves.', ({ homesHere }) => homesHere);
    gauge('tunnels', 'Sockets and calls between this node and others.', ({ tunnels }) => tunnels);
    gauge('nats_connected', '1 while this node reaches NATS.', ({ isConnected }) => (isConnected ? 1 : 0));
    gauge(
      'jetstream_unacknowledged_events',
      'Events that JetStream has not acknowledged: nobody is shown them yet.',
      ({ unacknowledged }) => unacknowledged.events,
    );
    gauge(
      'jetstream_unacknowledged_bytes',
      'Memory that events take which JetStream has not acknowledged, about.',
      ({ unacknowledged }) => unacknowledged.bytes,
    );
    const counter = <L extends string>(name: string, help: string, labels: readonly L[] = []) =>
      metrics.counter(`twinlane_relay_${name}_total`, help, labels);
    this.packets = counter('node_packets', 'Packets between relay nodes.', ['direction']);
    this.packetBytes = counter('node_bytes', 'Bytes between relay nodes.', ['direction']);
    this.ended = counter('nodes_gone', 'Other nodes that went: `left`, they said so; `silent`, they did not.', ['how']);
    this.taken = counter(
      'homes_taken',
      'Environments that this node took: from `nowhere`, or from a node that is `gone`.',
      ['from'],
    );
    this.lost = counter('homes_lost', 'Environments that another node took while this one served them.');
    this.breaks = counter('nats_breaks', 'Times that NATS went away.');
    this.publishing = metrics.durations(
      'twinlane_relay_jetstream_publish_seconds',
      'From publishing a batch of events to its acknowledgement by JetStream.',
    );
    this.events = counter('jetstream_published_events', 'Events in batches that JetStream has acknowledged.');
    this.bytes = counter('jetstream_published_bytes', 'Bytes of batches that JetStream has acknowledged.');
    this.failures = counter('jetstream_failures', 'Batches that JetStream did not take though NATS was there.');
    this.revertedEvents = counter('jetstream_reverted_events', 'Events that NATS had acknowledged, and lost.');
  }

  /** From now on this is what there is. */
  show(now: EngineFigures): void {
    this.now = now;
  }

  packetSent(bytes: number): void {
    this.packets.inc({ direction: 'sent' });
    this.packetBytes.inc({ direction: 'sent' }, bytes);
  }

  packetReceived(bytes: number): void {
    this.packets.inc({ direction: 'received' });
    this.packetBytes.inc({ direction: 'received' }, bytes);
  }

  nodeGone(how: NodeEnd): void {
    this.ended.inc({ how });
  }

  homeTaken(from: HomeBefore): void {
    this.taken.inc({ from });
  }

  homeLost(): void {
    this.lost.inc();
  }

  natsBroke(): void {
    this.breaks.inc();
  }

  /** A batch was acknowledged. */
  published(events: number, bytes: number, ms: number): void {
    this.publishing.observe(ms / 1_000);
    this.events.inc(events);
    this.bytes.inc(bytes);
  }

  failed(): void {
    this.failures.inc();
  }

  reverted(events: number): void {
    this.revertedEvents.inc(events);
  }
}
