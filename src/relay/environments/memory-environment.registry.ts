import { Inject, Injectable } from '@nestjs/common';
import { CLOCK } from '../../config/index.js';
import type { Clock } from '../../protocol/index.js';
import { RelayError } from '../relay.error.js';
import {
  environmentIds,
  isFree,
  issueLease,
  leaseIdOf,
  LEASES_KEPT,
  NOBODY,
  notYetConnected,
  processInstanceIdOf,
  renamed,
  voiderOf,
  type Environment,
  type Lease,
  type Sighting,
  type Voider,
} from './environment.js';
import { EnvironmentRegistry, type LeaseStanding, type Registered, type Registration } from './environment.registry.js';

interface LeaseEntry {
  readonly lease: Lease;
  voidedBy: Voider | undefined;
}

interface EnvironmentEntry {
  environment: Environment;
  /** By id, the oldest first. */
  readonly leases: Map<string, LeaseEntry>;
  registrations: number;
}

/** Keeps everything in this process; a restart forgets leases, and listeners register again. */
@Injectable()
export class MemoryEnvironmentRegistry extends EnvironmentRegistry {
  private readonly byId = new Map<string, EnvironmentEntry>();
  private readonly byConnectionId = new Map<string, EnvironmentEntry>();

  constructor(@Inject(CLOCK) private readonly clock: Clock) {
    super();
  }

  async register(registration: Registration): Promise<Registered> {
    const { organizationId, tokenId, deviceId, listenerInstanceId, connectionName, metadata } = registration;
    const ids = environmentIds(organizationId, deviceId, listenerInstanceId);
    const known = this.byId.get(ids.id);
    if (known && !isFree(known.environment, tokenId)) throw new RelayError('ENVIRONMENT_TAKEN');
    const processInstanceId = processInstanceIdOf(metadata);
    if (known && processInstanceId !== undefined) refuseSuperseded(known, processInstanceId);

    const now = this.clock.now();
    const { firstSeenAt = now, lastHeartbeat = null } = known?.environment ?? {};
    const identity = { ...ids, organizationId, ownerTokenId: tokenId, deviceId, listenerInstanceId };
    const times = { firstSeenAt, registeredAt: now, lastSeenAt: now, lastHeartbeat };
    const offline = notYetConnected(now);
    const environment: Environment = { ...identity, connectionName, metadata, ...times, offline };
    const entry = known ?? { environment, leases: new Map<string, LeaseEntry>(), registrations: 0 };
    const renamedFrom = renamed(known?.environment.connectionName, connectionName);
    entry.environment = environment;
    this.byId.set(ids.id, entry);
    this.byConnectionId.set(ids.connectionId, entry);

    const { lease, secret } = issueLease(ids.id, ++entry.registrations, metadata);
    entry.leases.set(lease.id, { lease, voidedBy: undefined });
    for (const oldest of entry.leases.keys()) {
      if (entry.leases.size <= LEASES_KEPT) break;
      entry.leases.delete(oldest);
    }
    return { environment, lease, secret, renamedFrom };
  }

  async standingOf(connectionId: string, secret: string): Promise<LeaseStanding> {
    const entry = this.byConnectionId.get(connectionId);
    const found = entry?.leases.get(leaseIdOf(secret));
    if (!entry || !found) return { state: 'unknown' };
    const { environment } = entry;
    const { lease, voidedBy } = found;
    return voidedBy ? { state: 'void', environment, lease, by: voidedBy } : { state: 'valid', environment, lease };
  }

  async leaseReady(lease: Lease): Promise<void> {
    for (const older of this.byId.get(lease.environmentId)?.leases.values() ?? [])
      if (older.lease.order < lease.order) older.voidedBy ??= voiderOf(older.lease, lease);
  }

  async seen(environmentId: string, { lastSeenAt, lastHeartbeat, offline }: Sighting): Promise<void> {
    const entry = this.byId.get(environmentId);
    if (!entry) return;
    const { environment } = entry;
    entry.environment = {
      ...environment,
      lastSeenAt: Math.max(environment.lastSeenAt, lastSeenAt),
      lastHeartbeat: lastHeartbeat ?? environment.lastHeartbeat,
      offline,
    };
  }

  async release(environmentId: string): Promise<void> {
    const entry = this.byId.get(environmentId);
    if (!entry) return;
    entry.environment = { ...entry.environment, ownerTokenId: NOBODY };
    for (const lease of entry.leases.values()) lease.voidedBy ??= 'other-process';
  }

  async remove(environmentId: string): Promise<void> {
    const entry = this.byId.get(environmentId);
    this.byId.delete(environmentId);
    if (entry) this.byConnectionId.delete(entry.environment.connectionId);
  }

  async find(organizationId: string, name: string): Promise<readonly Environment[]> {
    const named = (this.byId.get(name) ?? this.byConnectionId.get(name))?.environment;
    if (named) return named.organizationId === organizationId ? [named] : [];
    const ofDevice = (await this.list(organizationId)).filter(({ deviceId }) => deviceId === name);
    return ofDevice.toSorted((a, b) => b.registeredAt - a.registeredAt);
  }

  async organizationOf(environmentId: string): Promise<string | undefined> {
    return this.byId.get(environmentId)?.environment.organizationId;
  }

  async list(organizationId: string): Promise<readonly Environment[]> {
    const all = [...this.byId.values()].map(({ environment }) => environment);
    return all.filter((environment) => environment.organizationId === organizationId);
  }

  override async withIds(organizationId: string, ids: ReadonlySet<string>): Promise<readonly Environment[]> {
    const known = [...ids].flatMap((id) => this.byId.get(id)?.environment ?? []);
    return known.filter((environment) => environment.organizationId === organizationId);
  }
}

/** The process's newest lease counts: who came back and won is not superseded any more. */
function refuseSuperseded({ leases }: EnvironmentEntry, processInstanceId: string): void {
  const newest = [...leases.values()].findLast(({ lease }) => lease.processInstanceId === processInstanceId);
  if (newest?.voidedBy === 'other-process') throw new RelayError('LISTENER_SUPERSEDED');
}
