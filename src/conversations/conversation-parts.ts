import type { Agent } from '../agents/index.js';
import type { ProtocolEmitterService } from '../emitter/index.js';
import type { Permissions } from '../permissions/index.js';
import type { Clock } from '../protocol/index.js';
import type { LinkMonitor } from '../transport/index.js';
import type { Workspace } from '../workspace/index.js';
import type { ConversationsOptions } from './conversations.options.js';
import type { InputLedger } from './input-ledger.js';

/** What a conversation works with; all but the last the same for all of a device. */
export interface ConversationParts {
  readonly agent: Agent;
  readonly emitter: ProtocolEmitterService;
  readonly ledger: InputLedger;
  readonly links: LinkMonitor;
  readonly workspace: Workspace;
  readonly permissions: Permissions;
  readonly clock: Clock;
  readonly options: ConversationsOptions;
  /** Told when its directory is another one, or a turn may have changed what is in it. */
  readonly touched?: () => void;
}
