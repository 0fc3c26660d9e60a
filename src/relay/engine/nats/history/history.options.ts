import { IsOptional } from 'class-validator';
import { Bytes, Milliseconds, WholeNumber } from '../../../../config/index.js';
import { DEFAULT_PARTITIONS, PARTITIONS } from '../connection/nats.options.js';

const KIB = 1024;
const MIB = 1024 * KIB;
const GIB = 1024 * MIB;
const SECOND = 1_000;

/** How histories lie in JetStream. Times in ms, sizes in bytes. */
export class JetStreamHistoryOptions {
  /** As `NatsOptions` has it. */
  @WholeNumber(PARTITIONS)
  partitions: number = DEFAULT_PARTITIONS;

  /** JetStream lets go of events that are older. Default: as long as `history.maxAgeMs` says. */
  @IsOptional()
  @WholeNumber({ min: SECOND })
  maxAgeMs?: number;

  /** Events in one message; larger ones go alone. Default 256 KiB. */
  @Bytes()
  maxBatchBytes: number = 256 * KIB;

  /**
   * What one node keeps in memory of what JetStream has not acknowledged; beyond, it is read again from the node's own history, and what a
   * journal calls `room()` waits. Default 64 MiB.
   */
  @Bytes()
  maxUnacknowledgedBytes: number = 64 * MIB;

  /**
   * What one node keeps of environments whose home it is no more: when they come back, it loads only what is new. 0 keeps nothing. Default
   * 1 GiB.
   */
  @WholeNumber({ min: 0 })
  maxLeftBytes: number = GIB;

  /** How often JetStream is told what of a runtime is not kept any more, and what outlives it. Default 30 s. */
  @Milliseconds({ min: 1 })
  upkeepMs: number = 30 * SECOND;

  /** JetStream refused something, or did not answer: it is tried again after this time. Default 1 s. */
  @Milliseconds({ min: 1 })
  retryMs: number = SECOND;
}
