import { IsArray, IsIn, IsInt, IsNotEmpty, IsOptional, IsString, IsUrl, Max, Min } from 'class-validator';
import { AcpOptions, LONGEST_WAIT_MS } from '../../agents/index.js';
import { TerminalOptions } from '../../commands/index.js';
import { PERMISSION_MODES, type PermissionMode } from '../../protocol/index.js';
import { BYTES, COUNT, DAYS, HTTP_URL, LONGEST_TIMER_MS, MIB, WANTS_HTTP_URL } from './limits.js';
import { RoleSettings } from './role.settings.js';

const WAIT = { message: '$property must be a number of milliseconds, 1 or more' };
const GRACE = { message: '$property must be a number of milliseconds, 0 or more' };

const AGENT = new AcpOptions();
const TERMINAL = new TerminalOptions();

/** Settings of `twinlane listen`, and of the listener of `twinlane start`. */
export class ListenSettings extends RoleSettings {
  @IsOptional()
  @IsUrl(HTTP_URL, { message: WANTS_HTTP_URL })
  server?: string;

  @IsOptional()
  @IsString()
  token?: string;

  @IsOptional()
  @IsString()
  tokenFile?: string;

  @IsOptional()
  @IsString()
  tokenCommand?: string;

  @IsOptional()
  @IsString()
  caFile?: string;

  @IsOptional()
  @IsString()
  name?: string;

  @IsOptional()
  @IsString()
  workspace?: string;

  @IsIn(PERMISSION_MODES)
  mode: PermissionMode = 'standard';

  /** As it was written: `default` and `none` stand for what `listed` makes of them. */
  @IsOptional()
  @IsArray()
  @IsString({ each: true })
  deny?: string[];

  /** As it was written, too. */
  @IsOptional()
  @IsArray()
  @IsString({ each: true })
  childEnv?: string[];

  @IsOptional()
  @IsInt(WAIT)
  @Min(1, WAIT)
  @Max(LONGEST_TIMER_MS, WAIT)
  approvalTimeoutMs?: number;

  @IsString()
  @IsNotEmpty()
  agent: string = 'shell';

  @IsOptional()
  @IsString()
  agentCommand?: string;

  @IsOptional()
  @IsString()
  @IsNotEmpty()
  agentAuth?: string;

  @IsArray()
  @IsString({ each: true })
  agentEnv: string[] = [];

  @IsInt(WAIT)
  @Min(1, WAIT)
  @Max(LONGEST_WAIT_MS, WAIT)
  agentStartTimeoutMs: number = AGENT.startTimeoutMs;

  @IsInt(WAIT)
  @Min(1, WAIT)
  @Max(LONGEST_WAIT_MS, WAIT)
  agentCancelTimeoutMs: number = AGENT.cancelTimeoutMs;

  @IsInt(WAIT)
  @Min(1, WAIT)
  @Max(LONGEST_WAIT_MS, WAIT)
  agentIdleTimeoutMs: number = AGENT.idleTimeoutMs;

  @IsInt(BYTES)
  @Min(1, BYTES)
  agentMaxLineBytes: number = AGENT.maxLineBytes;

  @IsInt(COUNT)
  @Min(1, COUNT)
  terminalsPerClient: number = TERMINAL.maxPerClient;

  @IsInt(GRACE)
  @Min(0, GRACE)
  @Max(LONGEST_TIMER_MS, GRACE)
  terminalGraceMs: number = TERMINAL.graceMs;

  @IsInt(BYTES)
  @Min(1, BYTES)
  terminalUnreadBytes: number = TERMINAL.unreadBytes;

  @IsOptional()
  @IsString()
  typeMap?: string;

  @IsIn(['disk', 'memory'])
  journal: 'disk' | 'memory' = 'disk';

  @IsInt(BYTES)
  @Min(1, BYTES)
  journalMaxBytes: number = 256 * MIB;

  /** Days. */
  @IsInt(DAYS)
  @Min(1, DAYS)
  journalMaxAge: number = 7;

  @IsInt(GRACE)
  @Min(0, GRACE)
  @Max(LONGEST_TIMER_MS, GRACE)
  shutdownGraceMs: number = 5_000;
}
