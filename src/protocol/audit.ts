import type { Runtime } from './runtime.js';

/** What an audit log tells of (docs/security.md). */
export const AUDIT_KINDS = [
  'listener_registered',
  'listener_online',
  'listener_offline',
  'listener_superseded',
  'client_attached',
  'client_detached',
  'command',
  'approval',
  'session_begun',
  'token_created',
  'token_revoked',
  'organization_created',
  'organization_deleted',
  'environment_released',
  'environment_deleted',
  'log_levels_changed',
  'access_refused',
  'access_ended',
  'entries_lost',
] as const;
/** What an entry of the audit log is about. */
export type AuditKind = (typeof AUDIT_KINDS)[number];

/** What matters of one kind of entry; texts are cut to 200 characters. */
export type AuditDetails = Readonly<Record<string, string | number | boolean>>;

/** One line of the audit log. */
export interface AuditEntry {
  /** Names it; made up by the relay's process. */
  readonly id: string;
  /** ISO 8601, when it happened. */
  readonly time: string;
  readonly kind: AuditKind;
  /** Whose it is. Null where nobody could tell: only the operator is shown that. */
  readonly organizationId: string | null;
  /** Who did it; never the token itself. Null where nobody could tell. */
  readonly tokenId: string | null;
  /**
   * What people call that token, or its holder: `operator` for tokens of the relay's configuration; of an identity provider's what a claim of them
   * says, which others may have as well. Null where nobody knows.
   */
  readonly tokenName: string | null;
  /** Where it came from: an IPv4 address, or a /64 network of IPv6. */
  readonly address: string | null;
  readonly environmentId: string | null;
  readonly environmentName: string | null;
  readonly runtime: Runtime | null;
  readonly details: AuditDetails;
}

/** `GET /v1/audit`: the newest first. */
export interface AuditPage {
  readonly entries: readonly AuditEntry[];
  /** `before` of the next page, which may be there although this one holds few or none; null: there is nothing older. */
  readonly next: string | null;
}
