import { Type } from 'class-transformer';
import { IsIn, IsNotEmpty, IsObject, IsOptional, IsString, ValidateNested } from 'class-validator';
import { Bytes, Milliseconds, WholeNumber } from '../config/index.js';
import { DEFAULT_MAX_ANSWER_BYTES, LARGE_FRAME_LENGTH, type TypeMap } from '../protocol/index.js';

const DAY_MS = 24 * 60 * 60 * 1_000;

/** What of this device's events lies on disk, for a server that comes back late and for a process that is killed. */
export class JournalOptions {
  /** On disk in `directory` (where there is one), or in memory. Default `disk`. */
  @IsIn(['disk', 'memory'])
  store: 'disk' | 'memory' = 'disk';

  /** Where; made where it is missing, and only for this process. Default: none, and events are in memory alone. */
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  directory?: string;

  /** Bytes that are kept; beyond, the oldest events of the runtime that was silent longest go, also unsent ones. Default: 256 MiB. */
  @Bytes()
  maxBytes: number = 256 * 1024 * 1024;

  /** Older events go, in ms. Default: 7 days. */
  @WholeNumber({ min: 1 })
  maxAgeMs: number = 7 * DAY_MS;
}

/** Options of `ProtocolEmitterModule`. Times in ms, sizes in bytes. */
export class EmitterOptions {
  /** Routes that replace or extend the defaults, by frame type. */
  @IsOptional()
  @IsObject()
  typeMap?: TypeMap;

  /** Path of a JSON file with plain routes; they win over `typeMap`. */
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  typeMapFile?: string;

  /**
   * Bytes of events held in memory at which producers pause: of unsent ones, or with a journal on disk of those that the
   * disk did not take yet. Default: 64 MiB.
   */
  @Bytes()
  journalMaxBytes: number = 64 * 1024 * 1024;

  /**
   * Bytes of a runtime's events that wait to be sent, at which its producers pause while there is a link: what is shown stays
   * close to what happens, and nothing is dropped because a link is slow. Default: 96 KiB.
   */
  @Bytes()
  unsentBytes: number = 96 * 1024;

  @ValidateNested()
  @Type(() => JournalOptions)
  journal: JournalOptions = new JournalOptions();

  /** A snapshot is appended at the latest this long after it changed, while a link is ready. Default: 250 ms. */
  @Milliseconds({ min: 0 })
  snapshotMaxWaitMs: number = 250;

  /**
   * Bytes of one answer that is sent in chunks, where the server takes them; elsewhere one frame is the bound. Default: 64 MiB
   * (protocol section 6).
   */
  @Bytes({ min: LARGE_FRAME_LENGTH })
  maxAnswerBytes: number = DEFAULT_MAX_ANSWER_BYTES;

  /** Bytes of answers in chunks that are held until they are sent; beyond, commands with large answers fail. Default: 256 MiB. */
  @Bytes()
  heldAnswerBytes: number = 4 * DEFAULT_MAX_ANSWER_BYTES;

  /** An answer in chunks of which nothing is taken for this long is given up. Default: 60 s. */
  @Milliseconds({ min: 1 })
  answerStallMs: number = 60_000;

  /** While other answers wait, one of which nothing is taken for this long lets them go first, and begins anew later. Default: 2 s. */
  @Milliseconds({ min: 1 })
  answerTurnMs: number = 2_000;

  /** Longest that an event for control waits for the stream events before it (protocol section 2). Default: 1 s. */
  @Milliseconds({ min: 0 })
  holdMs: number = 1_000;
}
