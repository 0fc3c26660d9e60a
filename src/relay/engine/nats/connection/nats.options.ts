import { IsIn, IsNotEmpty, IsOptional, IsString } from 'class-validator';
import { Milliseconds, WholeNumber } from '../../../../config/index.js';

/** JetStream keeps each stream and bucket on this many servers. */
const REPLICAS = [1, 3, 5] as const;

/** How many streams histories may be spread over. */
export const PARTITIONS = { min: 1, max: 1_000 } as const;
export const DEFAULT_PARTITIONS = 1;

/** How a node reaches NATS, beside the addresses in `TWINLANE_ENGINE`. Times in ms. */
export class NatsOptions {
  /** A `.creds` file with a JWT and its seed, where NATS wants one. It is read again before each connection. */
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  credentialsFile?: string;

  /** Certificates of who signs for the servers, PEM. With TLS the servers want names: addresses of numbers fit no certificate. Default: those of Node. */
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  caFile?: string;

  /** The node's own certificate, PEM, where the servers want one; with `keyFile`. */
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  certFile?: string;

  /** The key of `certFile`, PEM. */
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  keyFile?: string;

  /** Servers of NATS that keep each stream and each bucket: 1, 3 or 5. Default 1. */
  @IsIn(REPLICAS)
  replicas: (typeof REPLICAS)[number] = 1;

  /**
   * Streams that histories are spread over, each with a leader of its own. The first node that ever connects decides: one that starts with
   * another number ends. Default 1.
   */
  @WholeNumber(PARTITIONS)
  partitions: number = DEFAULT_PARTITIONS;

  /** At the start NATS must be there, with JetStream, within this time. Default 30,000. */
  @Milliseconds({ min: 0 })
  firstConnectMs: number = 30_000;

  /** Between two attempts to reach the same server again. Default 500. */
  @Milliseconds({ min: 1 })
  reconnectMs: number = 500;

  /** Every server is asked for a sign of life this often; after two without one it is away. Default 3,000. */
  @Milliseconds({ min: 1 })
  pingMs: number = 3_000;

  /** A node that has said nothing for this long is gone, and others serve its environments. Default 10,000. */
  @Milliseconds({ min: 100 })
  nodeTtlMs: number = 10_000;

  /** Whoever comes to a node waits this long for the node that serves its environment. Default 15,000. */
  @Milliseconds({ min: 0 })
  homeWaitMs: number = 15_000;

  /** An environment that nobody is connected to is served by no node after this time. Default 60,000. */
  @Milliseconds({ min: 0 })
  homeIdleMs: number = 60_000;

  /** JetStream, and a server that is dialled, must answer within this time. Default 5,000. */
  @Milliseconds({ min: 1 })
  answerMs: number = 5_000;
}
