import { Inject, Injectable } from '@nestjs/common';
import { CLOCK } from '../../config/index.js';
import type { Clock } from '../../protocol/index.js';
import { RelayError } from '../relay.error.js';
import { agreedCapabilities, namesEvents } from './agreed-capabilities.js';
import {
  environmentIds,
  leaseIdOf,
  newLeaseSecret,
  voiderOf,
  type Environment,
  type Lease,
  type Voider,
} from './environment.js';
import { EnvironmentRegistry, type LeaseStanding, type Registered, type Registration } from './environment.registry.js';

/** Leases remembered per environment, void ones included; a forgotten one is unknown, and its listener registers again. */
const LEASES_KEPT = 256;

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
    if (known && known.environment.ownerTokenId !== tokenId) throw new RelayError('ENVIRONMENT_TAKEN');
    const processInstanceId = textOf(metadata['processInstanceId']);
    if (known && processInstanceId !== undefined) refuseSuperseded(known, processInstanceId);

    const now = this.clock.now();
    const firstSeenAt = known?.environment.firstSeenAt ?? now;
    const identity = { ...ids, organizationId, ownerTokenId: tokenId, deviceId, listenerInstanceId };
    const environment: Environment = { ...identity, connectionName, metadata, firstSeenAt, registeredAt: now };
    const entry = known ?? { environment, leases: new Map<string, LeaseEntry>(), registrations: 0 };
    entry.environment = environment;
    this.byId.set(ids.id, entry);
    this.byConnectionId.set(ids.connectionId, entry);

    const secret = newLeaseSecret();
    const lease: Lease = {
      id: leaseIdOf(secret),
      environmentId: ids.id,
      order: ++entry.registrations,
      processInstanceId,
      namesEvents: namesEvents(metadata),
      answersInput: metadata['environmentMessageProtocol'] !== undefined,
      resumable: agreedCapabilities(metadata).supportsResumableChannels,
    };
    entry.leases.set(lease.id, { lease, voidedBy: undefined });
    for (const oldest of entry.leases.keys()) {
      if (entry.leases.size <= LEASES_KEPT) break;
      entry.leases.delete(oldest);
    }
    return { environment, lease, secret };
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

  async find(organizationId: string, name: string): Promise<readonly Environment[]> {
    const named = (this.byId.get(name) ?? this.byConnectionId.get(name))?.environment;
    if (named) return named.organizationId === organizationId ? [named] : [];
    const ofDevice = (await this.list(organizationId)).filter(({ deviceId }) => deviceId === name);
    return ofDevice.toSorted((a, b) => b.registeredAt - a.registeredAt);
  }

  async list(organizationId: string): Promise<readonly Environment[]> {
    const all = [...this.byId.values()].map(({ environment }) => environment);
    return all.filter((environment) => environment.organizationId === organizationId);
  }
}

/** The process's newest lease counts: who came back and won is not superseded any more. */
function refuseSuperseded({ leases }: EnvironmentEntry, processInstanceId: string): void {
  const newest = [...leases.values()].findLast(({ lease }) => lease.processInstanceId === processInstanceId);
  if (newest?.voidedBy === 'other-process') throw new RelayError('LISTENER_SUPERSEDED');
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
