import { IsArray, IsNotEmpty, IsOptional, IsString, NotEquals } from 'class-validator';
import { Bytes, Milliseconds, WholeNumber } from '../../config/index.js';
import { NEVER_GIVEN } from '../../permissions/index.js';
import { DeltaLengthOptions } from '../delta-length.options.js';

export const ACP_OPTIONS = Symbol('ACP_OPTIONS');

/** Nothing of an agent waits longer than a week, in ms. */
export const LONGEST_WAIT_MS = 7 * 24 * 60 * 60 * 1_000;

/** How an ACP agent is run, and the limits that it is held to. Times in milliseconds. */
export class AcpOptions extends DeltaLengthOptions {
  /** Command line that starts the agent, for instance `opencode acp`; quotes as in a shell, nothing is expanded. Default: none, turns say what is missing. */
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  command?: string;

  /** Id of the login that the agent is asked for when it starts, where it offers one that needs no person (`authenticate`). Default: none. */
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  auth?: string;

  /** Folder of this listener instance, in which sessions survive its process (`acp-sessions.json`). Default: none, a restarted listener begins new ones. */
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  dataDir?: string;

  /** How long the agent may take to start, and to open a session. Default: 60,000. */
  @Milliseconds({ min: 1, max: LONGEST_WAIT_MS })
  startTimeoutMs = 60_000;

  /** How long a cancelled turn may take to end; then the agent is ended and started anew. Default: 5,000. */
  @Milliseconds({ min: 1, max: LONGEST_WAIT_MS })
  cancelTimeoutMs = 5_000;

  /** How long a turn may go on without a sign of life, time in which a person is asked apart; then the agent is ended and started anew. Default: 1,800,000. */
  @Milliseconds({ min: 1, max: LONGEST_WAIT_MS })
  idleTimeoutMs = 1_800_000;

  /** How long the agent may take to leave once its standard input is closed; then its processes are ended. Default: 2,000. */
  @Milliseconds({ min: 0, max: LONGEST_WAIT_MS })
  stopGraceMs = 2_000;

  /** Before an agent that ended by itself is started again; doubles each time. Default: 1,000. */
  @Milliseconds({ min: 1, max: LONGEST_WAIT_MS })
  restartMinMs = 1_000;

  /** The longest of these waits; an agent that has lived as long begins with the least again. Default: 30,000. */
  @Milliseconds({ min: 1, max: LONGEST_WAIT_MS })
  restartMaxMs = 30_000;

  /** Bytes of one line (one JSON-RPC message) of the agent; a longer one ends it. Default: 33,554,432. */
  @Bytes()
  maxLineBytes = 33_554_432;

  /** UTF-16 units of one line of the agent's standard error in the log; the rest of it is left out. Default: 2,000. */
  @WholeNumber({ min: 80 })
  maxLogLineLength = 2_000;

  /** A message that the agent begins again after a pause this long, or after something else, is taken for the same one sent anew. Default: 1,000. */
  @Milliseconds({ min: 0, max: LONGEST_WAIT_MS })
  restreamPauseMs = 1_000;

  /** Bytes of one file that the agent may read through the listener. Default: 8,388,608. */
  @Bytes()
  maxFileBytes = 8_388_608;

  /** Terminals that one session of the agent may have at once. Default: 16. */
  @WholeNumber({ min: 1 })
  maxTerminals = 16;

  /** Bytes of output kept of one terminal, where the agent asks for no fewer; the oldest go. Default: 1,048,576. */
  @Bytes({ min: 1_024 })
  maxTerminalBytes = 1_048_576;

  /** Sessions remembered over restarts; the one not used for longest goes. Default: 1,000. */
  @WholeNumber({ min: 1 })
  maxSessions = 1_000;

  /** Names of environment variables that the agent inherits beside those every child process may have: its own keys and settings. Default: none. Never `TWINLANE_TOKEN`. */
  @IsArray()
  @IsString({ each: true })
  @NotEquals(NEVER_GIVEN, {
    each: true,
    message: `must not name ${NEVER_GIVEN}: with it an agent could act as this listener, or approve what it asks itself; leave it out`,
  })
  env: readonly string[] = [];
}
