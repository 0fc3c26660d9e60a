import { Type } from 'class-transformer';
import { IsIn, ValidateNested } from 'class-validator';
import { Bytes, Milliseconds, SendWindowOptions, WholeNumber } from '../../config/index.js';
import { DEFAULT_MAX_ANSWER_BYTES, DEFAULT_MAX_FRAME_BYTES } from '../../protocol/index.js';
import { LimitsOptions } from '../access/limits.options.js';

const KIB = 1024;
const MIB = 1024 * KIB;
const SECOND = 1_000;
const MINUTE = 60 * SECOND;

/**
 * Limits of the relay's routing. Times in ms, sizes in bytes (UTF-16 units of the JSON text).
 *
 * @publicApi
 */
export class RoutingOptions {
  /** `split`: events on stream, the rest on control. `mirror`: both carry what can be told apart (protocol section 4). Default `split`. */
  @IsIn(['split', 'mirror'])
  clientChannels: 'split' | 'mirror' = 'split';

  /** One message of a client; larger ones are refused. Default 8 MiB. */
  @Bytes()
  maxFrameBytes: number = DEFAULT_MAX_FRAME_BYTES;

  /** One answer in chunks (protocol section 6); larger ones become an error. Default 64 MiB. */
  @Bytes()
  maxAnswerBytes: number = DEFAULT_MAX_ANSWER_BYTES;

  /** Events that a runtime's history keeps. Default 100,000. */
  @WholeNumber({ min: 1 })
  maxEventsPerRuntime: number = 100_000;

  /** Bytes that a runtime's history keeps; larger than the largest frame. Default 64 MiB. */
  @WholeNumber({ min: 1 })
  maxBytesPerRuntime: number = 64 * MIB;

  /** Bytes that all histories of one environment keep; beyond, those that nobody reads make room, silent longest first. Default 256 MiB. */
  @Bytes()
  maxHistoryBytes: number = 256 * MIB;

  /**
   * Runtimes of one environment with a history; the one that was silent longest and has no reader makes room. Of as many more the names stay
   * known. Default 1,000.
   */
  @WholeNumber({ min: 1 })
  maxRuntimes: number = 1_000;

  /** Epochs of one runtime of which events are kept, one for each process of a listener; the oldest make room. Default 1,000. */
  @WholeNumber({ min: 1 })
  maxEpochsPerRuntime: number = 1_000;

  /**
   * Reads of old events (up to 64 each) in one turn of the event loop, for all clients of the relay; those beyond wait for the next one, first
   * come first served. Default 8.
   */
  @WholeNumber({ min: 1 })
  replayReadsPerTurn: number = 8;

  /** How long an event ahead of its turn waits for those before it (protocol section 4). Default 1 s. */
  @Milliseconds({ min: 0 })
  reorderWaitMs: number = SECOND;

  /** Events that wait for their turn in one order; beyond, the first goes on at once. Default 4,096. */
  @WholeNumber({ min: 1 })
  maxReorderEvents: number = 4_096;

  /** Events that wait for their turn in one order; beyond, the first goes on at once. Default 8 MiB. */
  @Bytes()
  maxReorderBytes: number = 8 * MIB;

  /** Waiting in one client socket's own buffer. Default 1 MiB. */
  @Bytes()
  socketBufferBytes: number = MIB;

  /**
   * Bytes of one message that the frames of one go share, to a client that takes batches (protocol section 4): a browser spends more on each
   * message than on what is in it. Nothing of a message is read before all of it is there. 0: each frame is a message. Default 8 KiB.
   */
  @Bytes({ min: 0 })
  batchBytes: number = 8 * KIB;

  /** What one client may ask; those of tokens are kept at the door. */
  @ValidateNested()
  @Type(() => LimitsOptions)
  limits: LimitsOptions = new LimitsOptions();

  /** How much a client socket that acknowledges may not have read yet. */
  @ValidateNested()
  @Type(() => SendWindowOptions)
  window: SendWindowOptions = new SendWindowOptions();

  /** Frames other than events that wait for one client, or that it has not acknowledged; beyond, its socket is closed as stalled. Default 16 MiB. */
  @Bytes()
  directBytes: number = 16 * MIB;

  /** How long a client with `client=` keeps its terminals and unanswered requests while it is away. Default 10 min. */
  @Milliseconds({ min: 0 })
  clientAwayMs: number = 10 * MINUTE;

  /** After this time the relay answers in place of a stock device. Default 10 min. */
  @Milliseconds({ min: 1 })
  answerTimeoutMs: number = 10 * MINUTE;

  /**
   * A device that began an answer in chunks, and has everything it sent confirmed, must go on within this time; else its asker gets an
   * error, and the place is free for another answer. Default 60 s.
   */
  @Milliseconds({ min: 1 })
  answerStallMs: number = MINUTE;

  /** How long the verdict on a client that resumes waits for a device to say what it has, after the relay has started. Default 10 s. */
  @Milliseconds({ min: 0 })
  journalsWaitMs: number = 10 * SECOND;

  /** How long a command waits for a device that is neither ready nor marked offline. Default 2 min. */
  @Milliseconds({ min: 0 })
  commandWaitMs: number = 2 * MINUTE;

  /** Commands of one environment that wait for its device. Default 16 MiB. */
  @Bytes()
  waitingCommandBytes: number = 16 * MIB;

  /** Unanswered commands of one environment. Default 10,000. */
  @WholeNumber({ min: 1 })
  maxRequests: number = 10_000;

  /** Approvals of one environment that wait for an answer; beyond, the oldest expire, and clients are told so. Default 1,000. */
  @WholeNumber({ min: 1 })
  maxApprovals: number = 1_000;

  /** Newest output of a terminal that is kept while its owner is away (protocol section 5). Default 256 KiB. */
  @Bytes({ min: 0 })
  terminalKeptBytes: number = 256 * KIB;

  /** A terminal's id stays known this long after its exit: stock output comes later. Default 5 s. */
  @Milliseconds({ min: 0 })
  terminalLingerMs: number = 5 * SECOND;

  /** Terminals of one client. Default 64. */
  @WholeNumber({ min: 1 })
  maxTerminalsPerClient: number = 64;
}
