import { IsNotEmpty, IsOptional, IsString } from 'class-validator';
import { Milliseconds, WholeNumber } from '../config/index.js';

export const CONVERSATIONS_OPTIONS = Symbol('CONVERSATIONS_OPTIONS');

/** How conversations of this device begin, and their limits. */
export class ConversationsOptions {
  /** What people call this environment; shown in the device status. */
  @IsString()
  @IsNotEmpty()
  connectionName!: string;

  /** Folder of this listener instance, in which inputs survive its process (`ledger.db`). Default: none, they are kept in memory. */
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  dataDir?: string;

  /** Name of the agent that executes turns. Default: `shell`. */
  @IsString()
  @IsNotEmpty()
  agent = 'shell';

  /** Inputs of one runtime that may wait for their turn. Default: 100. */
  @WholeNumber({ min: 0 })
  maxQueuedInputs = 100;

  /** `client_message_id`s and, apart, answered approvals that one runtime remembers. Default: 1,000. */
  @WholeNumber({ min: 1 })
  maxRememberedIds = 1_000;

  /** Milliseconds an aborted turn has to end by itself; then it is ended without its agent. Default: 10,000. */
  @Milliseconds({ min: 0 })
  abortGraceMs = 10_000;

  /** Milliseconds after which a pending approval counts as denied. Default: none, it waits. */
  @IsOptional()
  @Milliseconds({ min: 1 })
  approvalTimeoutMs?: number;
}
