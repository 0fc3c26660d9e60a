/** One process of a relay. */
export interface RelayNode {
  /** No other process ever has the same. */
  readonly id: string;
  /** For people; several nodes may have been given the same. */
  readonly name: string;
  /** Epoch ms. */
  readonly startedAt: number;
  /** `draining`: it stops, and takes nobody in. */
  readonly state: 'ready' | 'draining';
  /** Sockets that it serves, also those that are open at another node. */
  readonly sockets: number;
  /** Environments whose home it is. */
  readonly environments: number;
}

/** `GET /v1/nodes`. */
export interface RelayNodes {
  /** Those that live, by name. While NATS is away, others are as they were heard of last. */
  readonly nodes: readonly RelayNode[];
  /** `id` of the node that answers. */
  readonly answeredBy: string;
  /** Whether that one reaches NATS; null where the relay is one process. */
  readonly nats: 'connected' | 'away' | null;
}
