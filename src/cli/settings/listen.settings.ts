import { IsArray, IsIn, IsNotEmpty, IsOptional, IsString, IsUrl } from 'class-validator';
import { Bytes, Milliseconds } from '../../config/index.js';
import { AcpOptions, LONGEST_WAIT_MS } from '../../agents/index.js';
import { TerminalOptions } from '../../commands/index.js';
import { PERMISSION_MODES, type PermissionMode } from '../../protocol/index.js';
import { HTTP_URL, MIB, WANTS_HTTP_URL } from './limits.js';
import { RoleSettings } from './role.settings.js';
import { Count, Days } from './numbers.decorator.js';

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
  @Milliseconds({ min: 1 })
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

  @Milliseconds({ min: 1, max: LONGEST_WAIT_MS })
  agentStartTimeoutMs: number = AGENT.startTimeoutMs;

  @Milliseconds({ min: 1, max: LONGEST_WAIT_MS })
  agentCancelTimeoutMs: number = AGENT.cancelTimeoutMs;

  @Milliseconds({ min: 1, max: LONGEST_WAIT_MS })
  agentIdleTimeoutMs: number = AGENT.idleTimeoutMs;

  @Bytes()
  agentMaxLineBytes: number = AGENT.maxLineBytes;

  @Count()
  terminalsPerClient: number = TERMINAL.maxPerClient;

  @Milliseconds({ min: 0 })
  terminalGraceMs: number = TERMINAL.graceMs;

  @Bytes()
  terminalUnreadBytes: number = TERMINAL.unreadBytes;

  @IsOptional()
  @IsString()
  typeMap?: string;

  @IsIn(['disk', 'memory'])
  journal: 'disk' | 'memory' = 'disk';

  @Bytes()
  journalMaxBytes: number = 256 * MIB;

  /** Days. */
  @Days()
  journalMaxAge: number = 7;

  @Milliseconds({ min: 0 })
  shutdownGraceMs: number = 5_000;
}
