import type { ErrorCode, Frame, Runtime } from '../../protocol/index.js';

/** Whose a command is. */
export interface CommandActor {
  readonly tokenId: string;
  /** What people call it. */
  readonly tokenName?: string | undefined;
  readonly address: string | undefined;
}

/** What became of a client's answer to an approval. */
export interface AuditedApproval {
  readonly runtime: Runtime | undefined;
  readonly requestId: string;
  /** Undefined where this relay has not seen the approval. */
  readonly tool: string | undefined;
  readonly decision: 'allow' | 'deny';
  readonly outcome: 'accepted' | 'too late' | 'not allowed';
}

/** Told what clients do, so that it can be written down. Must not throw. */
export interface RoutingAudit {
  /** Whether this command may go on; else what it does could not be written down, and must be. */
  mayGoOn(command: Frame): boolean;
  /** It goes on. */
  command(environmentId: string, actor: CommandActor, command: Frame): void;
  /** Its sender may not do that. */
  refusedCommand(environmentId: string, actor: CommandActor, command: Frame, code: ErrorCode): void;
  approval(environmentId: string, actor: CommandActor, approval: AuditedApproval): void;
}

export const NO_ROUTING_AUDIT: RoutingAudit = {
  mayGoOn: () => true,
  command() {},
  refusedCommand() {},
  approval() {},
};

/** Injects a `RoutingAudit`; without a provider nothing is written down. */
export const ROUTING_AUDIT = Symbol('ROUTING_AUDIT');
