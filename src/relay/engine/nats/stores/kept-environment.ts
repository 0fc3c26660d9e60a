import { isDeepStrictEqual } from 'node:util';
import {
  environmentIds,
  isFree,
  issueLease,
  leaseIdOf,
  NOBODY,
  notYetConnected,
  processInstanceIdOf,
  renamed,
  voiderOf,
  type Environment,
  type Lease,
  type Sighting,
  type Voider,
} from '../../../environments/environment.js';
import type { LeaseStanding, Registered, Registration } from '../../../environments/environment.registry.js';
import { RelayError } from '../../../relay.error.js';

/**
 * Leases in one record, which is written anew with every change. Of each process the newest one stays longest: it says whether the process
 * was superseded.
 */
const LEASES_IN_RECORD = 16;

interface KeptLease {
  readonly lease: Lease;
  readonly voidedBy?: Voider;
}

/** Where lists name an environment. One that was deleted and is there again has other places, and another tag. */
export interface Places {
  /** Of its entries, see `taggedEntry`. */
  readonly tag: string;
  /** Its page in the list of its organisation. */
  readonly page: number;
  /** Its page in the list of its device. */
  readonly devicePage: number;
}

/** An environment with its leases, as one record. */
export interface KeptEnvironment extends Places {
  readonly environment: Environment;
  readonly registrations: number;
  /** The oldest first. */
  readonly leases: readonly KeptLease[];
}

/**
 * One more registration.
 *
 * @param known with its places; or the places of one that is not there yet
 * @param now epoch ms
 * @throws RelayError ENVIRONMENT_TAKEN, LISTENER_SUPERSEDED
 */
export function registered(
  known: KeptEnvironment | Places,
  registration: Registration,
  now: number,
): { readonly record: KeptEnvironment; readonly registered: Registered } {
  const { organizationId, tokenId, deviceId, listenerInstanceId, connectionName, metadata } = registration;
  const before = 'environment' in known ? known : undefined;
  if (before) refuse(before, tokenId, processInstanceIdOf(metadata));
  const environment: Environment = {
    ...environmentIds(organizationId, deviceId, listenerInstanceId),
    organizationId,
    ownerTokenId: tokenId,
    deviceId,
    listenerInstanceId,
    connectionName,
    metadata,
    firstSeenAt: before?.environment.firstSeenAt ?? now,
    registeredAt: now,
    lastSeenAt: now,
    lastHeartbeat: before?.environment.lastHeartbeat ?? null,
    offline: notYetConnected(now),
  };
  const registrations = (before?.registrations ?? 0) + 1;
  const { lease, secret } = issueLease(environment.id, registrations, metadata);
  const leases = withinBound([...(before?.leases ?? []), { lease }]);
  const { tag, page, devicePage } = known;
  return {
    record: { environment, registrations, leases, tag, page, devicePage },
    registered: {
      environment,
      lease,
      secret,
      renamedFrom: renamed(before?.environment.connectionName, connectionName),
    },
  };
}

/** @param secret what a listener presented */
export function standing({ environment, leases }: KeptEnvironment, secret: string): LeaseStanding {
  const id = leaseIdOf(secret);
  const found = leases.find(({ lease }) => lease.id === id);
  if (!found) return { state: 'unknown' };
  const { lease, voidedBy } = found;
  return voidedBy ? { state: 'void', environment, lease, by: voidedBy } : { state: 'valid', environment, lease };
}

/** Every older lease is void. @returns undefined: none was valid */
export function ready(record: KeptEnvironment, newer: Lease): KeptEnvironment | undefined {
  const isOver = ({ lease, voidedBy }: KeptLease): boolean => voidedBy === undefined && lease.order < newer.order;
  if (!record.leases.some(isOver)) return undefined;
  const leases = record.leases.map((kept) =>
    isOver(kept) ? { lease: kept.lease, voidedBy: voiderOf(kept.lease, newer) } : kept,
  );
  return { ...record, leases };
}

/** @returns undefined: this was known */
export function seen(record: KeptEnvironment, sighting: Sighting): KeptEnvironment | undefined {
  const { environment } = record;
  const lastSeenAt = Math.max(environment.lastSeenAt, sighting.lastSeenAt);
  const lastHeartbeat = sighting.lastHeartbeat ?? environment.lastHeartbeat;
  const { offline } = sighting;
  const next: Environment = { ...environment, lastSeenAt, lastHeartbeat, offline };
  return isDeepStrictEqual(next, environment) ? undefined : { ...record, environment: next };
}

/** Nobody's, and every lease void. */
export function released(record: KeptEnvironment): KeptEnvironment {
  const leases = record.leases.map(({ lease, voidedBy = 'other-process' }) => ({ lease, voidedBy }));
  return { ...record, environment: { ...record.environment, ownerTokenId: NOBODY }, leases };
}

/** The process's newest lease counts: who came back and won is not superseded any more. */
function refuse(known: KeptEnvironment, tokenId: string, processInstanceId: string | undefined): void {
  if (!isFree(known.environment, tokenId)) throw new RelayError('ENVIRONMENT_TAKEN');
  if (processInstanceId === undefined) return;
  const newest = known.leases.findLast(({ lease }) => lease.processInstanceId === processInstanceId);
  if (newest?.voidedBy === 'other-process') throw new RelayError('LISTENER_SUPERSEDED');
}

function withinBound(leases: readonly KeptLease[]): readonly KeptLease[] {
  if (leases.length <= LEASES_IN_RECORD) return leases;
  const hasNewer = ({ lease }: KeptLease, index: number): boolean =>
    leases.slice(index + 1).some((other) => other.lease.processInstanceId === lease.processInstanceId);
  return leases.toSpliced(Math.max(0, leases.findIndex(hasNewer)), 1);
}
