import { IsArray, IsNotEmpty, IsObject, IsOptional, IsString, IsUrl } from 'class-validator';
import { Milliseconds } from '../config/index.js';
import type { AcpOptions, ShellOptions } from '../agents/index.js';
import type { CommandsOptions, TerminalOptions } from '../commands/index.js';
import type { ConversationsOptions } from '../conversations/index.js';
import type { EmitterModuleOptions } from '../emitter/index.js';
import type { PermissionsOptions } from '../permissions/index.js';
import type { RegistrationModuleOptions } from '../registration/index.js';
import type { TransportModuleOptions } from '../transport/index.js';

/** Options of `ListenerModule`: who this listener is, whom it serves, and what its rooms take. Times in ms. */
export class ListenerOptions {
  /** Base URL of the server, for instance `http://127.0.0.1:7400`. */
  @IsUrl(
    { require_tld: false, require_protocol: true, protocols: ['http', 'https'] },
    { message: '$property must be an http or https URL' },
  )
  server!: string;

  /** Bearer token; leave it out to bring a `TOKEN_SOURCE` of your own. */
  @IsOptional()
  @IsString()
  token?: string;

  /** Stable for this device. */
  @IsString()
  @IsNotEmpty()
  deviceId!: string;

  /** What people call this environment. */
  @IsString()
  @IsNotEmpty()
  connectionName!: string;

  /** The directory that is served. Default: the working directory of the process. */
  @IsString()
  @IsNotEmpty()
  workspace: string = process.cwd();

  /**
   * Folder for what this listener keeps over restarts; of this listener instance alone. Default: none, everything is kept
   * in memory and ends with the process.
   */
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  dataDir?: string;

  /** Permission mode of a new conversation, and of commands that name no conversation. Default: `standard`. */
  @IsOptional()
  mode?: PermissionsOptions['mode'];

  /** Patterns of paths of the workspace that are neither read nor written nor listed. Default: `DEFAULT_DENY`. */
  @IsOptional()
  @IsArray()
  @IsString({ each: true })
  @IsNotEmpty({ each: true })
  deny?: readonly string[];

  /** Name of the agent that executes turns. Default: `shell`. */
  @IsOptional()
  @IsString()
  agent?: string;

  /** How long stopping may take for turns under way: first they may end by themselves, then they are aborted. Default: 5 s. */
  @Milliseconds({ min: 0 })
  shutdownGraceMs: number = 5_000;

  /** Options of the rooms beneath, where their defaults do not fit. */
  @IsOptional()
  @IsObject()
  registration?: Partial<RegistrationModuleOptions>;

  @IsOptional()
  @IsObject()
  transport?: Partial<TransportModuleOptions>;

  @IsOptional()
  @IsObject()
  emitter?: EmitterModuleOptions;

  @IsOptional()
  @IsObject()
  conversations?: Partial<ConversationsOptions>;

  @IsOptional()
  @IsObject()
  permissions?: Partial<PermissionsOptions>;

  @IsOptional()
  @IsObject()
  commands?: Partial<CommandsOptions>;

  /** Of the acp agent. */
  @IsOptional()
  @IsObject()
  acp?: Partial<AcpOptions>;

  /** Of terminals. */
  @IsOptional()
  @IsObject()
  terminal?: Partial<TerminalOptions>;

  /** Of the shell agent. */
  @IsOptional()
  @IsObject()
  shell?: Partial<ShellOptions>;
}

/** What `ListenerModule.forRoot` takes: every value that has no default, and those that differ from it. */
export type ListenerModuleOptions = Partial<ListenerOptions> &
  Pick<ListenerOptions, 'server' | 'deviceId' | 'connectionName'>;
