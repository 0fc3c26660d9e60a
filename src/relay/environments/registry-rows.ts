import type { OfflineReason } from '../../protocol/index.js';
import type { Environment, Lease, LeaseTerms, Voider } from './environment.js';

/** A row of `environments`. */
export interface EnvironmentRow {
  /** Counts them in the order in which they came. */
  readonly number: number;
  readonly id: string;
  readonly connection_id: string;
  readonly organization_id: string;
  readonly owner_token_id: string;
  readonly device_id: string;
  readonly listener_instance_id: string | null;
  readonly connection_name: string;
  readonly metadata: string;
  readonly first_seen_at: number;
  readonly registered_at: number;
  readonly last_seen_at: number;
  readonly last_heartbeat: number | null;
  readonly registrations: number;
  readonly offline_reason: OfflineReason | null;
  readonly offline_since: number | null;
}

/** A row of `leases`: `place` is the lease's `order`, and its secret is kept nowhere. */
export interface LeaseRow {
  readonly lease_id: string;
  readonly environment_id: string;
  readonly place: number;
  readonly process_instance_id: string | null;
  readonly terms: string;
  readonly voided_by: Voider | null;
}

/** What an older relay did not know was not agreed either. */
const NOTHING_AGREED: LeaseTerms = { namesEvents: false, answersInput: false, resumable: false, chunked: false };

export function environmentOf(row: EnvironmentRow): Environment {
  const { offline_reason: reason, offline_since: since } = row;
  return {
    id: row.id,
    connectionId: row.connection_id,
    organizationId: row.organization_id,
    ownerTokenId: row.owner_token_id,
    deviceId: row.device_id,
    listenerInstanceId: row.listener_instance_id ?? undefined,
    connectionName: row.connection_name,
    metadata: JSON.parse(row.metadata) as Environment['metadata'],
    firstSeenAt: row.first_seen_at,
    registeredAt: row.registered_at,
    lastSeenAt: row.last_seen_at,
    lastHeartbeat: row.last_heartbeat,
    offline: reason === null ? null : { reason, since: since ?? row.last_seen_at },
  };
}

export function leaseOf(row: LeaseRow): Lease {
  return {
    id: row.lease_id,
    environmentId: row.environment_id,
    order: row.place,
    processInstanceId: row.process_instance_id ?? undefined,
    ...NOTHING_AGREED,
    ...(JSON.parse(row.terms) as Partial<LeaseTerms>),
  };
}

/** In the order of the columns of `LeaseRow`. */
export function rowOfLease({ id, environmentId, order, processInstanceId, ...terms }: Lease): unknown[] {
  return [id, environmentId, order, processInstanceId ?? null, JSON.stringify(terms)];
}
