import type { ClientAccess, TokenRole } from '../identity.js';
import type { OrganizationRecord, TokenRecord } from './token-store.js';

/** A row of `tokens`. */
export interface TokenRow {
  readonly id: string;
  readonly digest: string;
  readonly organization_id: string;
  readonly name: string;
  readonly role: TokenRole;
  readonly environments: string;
  readonly access: ClientAccess;
  readonly may_approve: number;
  readonly created_at: number;
  readonly created_by: string;
  readonly expires_at: number | null;
  readonly last_used_at: number | null;
  readonly revoked_at: number | null;
}

/** A row of `organizations`. */
export interface OrganizationRow {
  readonly id: string;
  readonly name: string;
  readonly created_at: number;
  readonly removed_at: number | null;
}

export function tokenOf(row: TokenRow): TokenRecord {
  return {
    id: row.id,
    organizationId: row.organization_id,
    name: row.name,
    role: row.role,
    environments: JSON.parse(row.environments) as readonly string[],
    access: row.access,
    mayApprove: row.may_approve !== 0,
    createdAt: row.created_at,
    createdBy: row.created_by,
    expiresAt: row.expires_at,
    lastUsedAt: row.last_used_at,
    revokedAt: row.revoked_at,
  };
}

/** In the order in which `add` names the columns. */
export function rowOfToken(token: TokenRecord, digest: string): unknown[] {
  const { id, organizationId, name, role, environments, access, mayApprove } = token;
  const { createdAt, createdBy, expiresAt, lastUsedAt, revokedAt } = token;
  const scopes = [JSON.stringify(environments), access, mayApprove ? 1 : 0];
  return [id, digest, organizationId, name, role, ...scopes, createdAt, createdBy, expiresAt, lastUsedAt, revokedAt];
}

export function organizationOf(row: OrganizationRow): OrganizationRecord {
  return { id: row.id, name: row.name, createdAt: row.created_at };
}
