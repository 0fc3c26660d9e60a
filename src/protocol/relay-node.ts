/** One process of a relay. */
export interface RelayNode {
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
  readonly nodes: readonly RelayNode[];
}
