import { Injectable } from '@nestjs/common';
import type { AuditEntry, AuditKind, AuditPage } from '../../protocol/index.js';

/** Which entries are wanted; what is left out does not matter. */
export interface AuditQuery {
  readonly organizationId?: string | undefined;
  /** Id or name of an environment. */
  readonly environment?: string | undefined;
  readonly tokenId?: string | undefined;
  readonly kind?: AuditKind | undefined;
  /** Epoch ms: not before. */
  readonly from?: number | undefined;
  /** Epoch ms: before. */
  readonly to?: number | undefined;
  readonly limit: number;
  /** `next` of the page before. */
  readonly before?: string | undefined;
}

/**
 * Where what happens is written down, in order.
 *
 * @publicApi
 */
@Injectable()
export abstract class AuditLog {
  /** Whether the newest entries could be kept, as far as is known. */
  abstract get isKept(): boolean;

  /** Takes an entry; it is kept soon. Never throws. */
  abstract record(entry: AuditEntry): void;

  /** The newest first, with everything that was recorded before. @throws RelayError BAD_REQUEST for a `before` that is none */
  abstract list(query: AuditQuery): Promise<AuditPage>;

  /** Keeps what was recorded, and takes nothing more. */
  abstract close(): Promise<void>;
}

export function fits(entry: AuditEntry, query: AuditQuery): boolean {
  const { organizationId, environment, tokenId, kind, from, to } = query;
  const at = Date.parse(entry.time);
  const agrees = (wanted: string | undefined, ...values: (string | null)[]): boolean =>
    wanted === undefined || values.includes(wanted);
  return (
    agrees(organizationId, entry.organizationId) &&
    agrees(environment, entry.environmentId, entry.environmentName) &&
    agrees(tokenId, entry.tokenId) &&
    agrees(kind, entry.kind) &&
    (from === undefined || at >= from) &&
    (to === undefined || at < to)
  );
}
