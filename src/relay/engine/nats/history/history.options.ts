import { IsInt, IsOptional, Max, Min } from 'class-validator';

const KIB = 1024;
const MIB = 1024 * KIB;
const SECOND = 1_000;
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** How histories lie in JetStream. Times in ms, sizes in bytes. */
export class JetStreamHistoryOptions {
  /** Streams that share the environments. It is fixed by the first node that ever connects. Default 1. */
  @IsInt()
  @Min(1)
  @Max(1_000)
  partitions: number = 1;

  /** JetStream lets go of events that are older. Default: as long as `history.maxAgeMs` says. */
  @IsOptional()
  @IsInt()
  @Min(SECOND)
  maxAgeMs?: number;

  /** Events in one message; larger ones go alone. Default 256 KiB. */
  @IsInt()
  @Min(1)
  maxBatchBytes: number = 256 * KIB;

  /**
   * What one node keeps in memory of what JetStream has not acknowledged; beyond, it is read again from the node's own history, and what a
   * journal calls `room()` waits. Default 64 MiB.
   */
  @IsInt()
  @Min(1)
  maxUnacknowledgedBytes: number = 64 * MIB;

  /** How often JetStream is told what of a runtime is not kept any more, and what outlives it. Default 30 s. */
  @IsInt()
  @Min(1)
  @Max(LONGEST_TIMER_MS)
  upkeepMs: number = 30 * SECOND;

  /** JetStream refused something, or did not answer: it is tried again after this time. Default 1 s. */
  @IsInt()
  @Min(1)
  @Max(LONGEST_TIMER_MS)
  retryMs: number = SECOND;
}
