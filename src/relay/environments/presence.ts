import { Injectable, Logger } from '@nestjs/common';
import type { OfflineReason } from '../../protocol/index.js';
import { ChangedEnvironments } from './changed-environments.js';
import type { Offline } from './environment.js';
import { EnvironmentRegistry } from './environment.registry.js';

/** How an environment is tied to the relay right now. Epoch ms. */
export interface PresenceRecord {
  readonly online: boolean;
  /** When the link that is, or was last, ready became so. Null while offline. */
  readonly connectedAt: number | null;
  /** Since when there is no link, while it still counts as online; else null. */
  readonly awaySince: number | null;
  readonly lastHeartbeat: number | null;
  readonly lastSeenAt: number;
  /** Null while online. */
  readonly offline: Offline | null;
}

/** Heartbeats of a device are written down this often, in ms: a relay that is killed forgets no more than that. */
const WRITTEN_EVERY_MS = 5 * 60_000;

/**
 * Who is online. Written by the device sessions, read by REST; as true as the last heartbeat. A relay that was restarted
 * takes everybody for offline until they are back, and knows from the registry when they were last seen.
 */
@Injectable()
export class Presence {
  private readonly log = new Logger(Presence.name);
  private readonly records = new Map<string, PresenceRecord>();
  /** By environment: `lastSeenAt` as the registry has it. */
  private readonly written = new Map<string, number>();
  private isFailing = false;

  constructor(
    private readonly registry: EnvironmentRegistry,
    private readonly changed: ChangedEnvironments,
  ) {}

  /** Undefined for an environment that never had a link in this process. */
  of(environmentId: string): PresenceRecord | undefined {
    return this.records.get(environmentId);
  }

  /** How many are online. */
  get online(): number {
    return [...this.records.values()].filter(({ online }) => online).length;
  }

  isOnline(environmentId: string): boolean {
    return this.records.get(environmentId)?.online ?? false;
  }

  connected(environmentId: string, at: number): void {
    const lastHeartbeat = this.records.get(environmentId)?.lastHeartbeat ?? null;
    const now = { online: true, connectedAt: at, awaySince: null, lastHeartbeat, lastSeenAt: at, offline: null };
    this.turned(environmentId, now);
  }

  heartbeat(environmentId: string, at: number): void {
    const record = this.records.get(environmentId);
    if (record) this.keep(environmentId, { ...record, lastHeartbeat: at, lastSeenAt: at });
  }

  /** The link broke; the environment stays online for a while, so that a reconnect does not flap. */
  disconnected(environmentId: string, at: number): void {
    const record = this.records.get(environmentId);
    if (!record) return;
    this.turned(environmentId, { ...record, awaySince: at, lastSeenAt: at });
  }

  /** It does not count as online any more. One that is offline already stays so for its first reason. */
  offline(environmentId: string, reason: OfflineReason, at: number): void {
    const record = this.records.get(environmentId);
    if (!record?.online) return;
    const offline = { reason, since: at };
    this.turned(environmentId, { ...record, online: false, connectedAt: null, awaySince: null, offline });
  }

  /** The environment was deleted. */
  forget(environmentId: string): void {
    this.records.delete(environmentId);
    this.written.delete(environmentId);
  }

  /** It comes, or it goes: everybody is to know that at once. */
  private turned(environmentId: string, record: PresenceRecord): void {
    this.keep(environmentId, record, true);
    this.changed.note(environmentId);
  }

  /** The lasting record follows at once when a link comes or goes, else now and then: thousands of heartbeats a minute are not worth a write each. */
  private keep(environmentId: string, record: PresenceRecord, atOnce = false): void {
    this.records.set(environmentId, record);
    const { lastSeenAt, lastHeartbeat, offline } = record;
    if (!atOnce && lastSeenAt - (this.written.get(environmentId) ?? 0) < WRITTEN_EVERY_MS) return;
    this.written.set(environmentId, lastSeenAt);
    this.registry.seen(environmentId, { lastSeenAt, lastHeartbeat, offline }).then(
      () => (this.isFailing = false),
      (error: unknown) => this.failed(error),
    );
  }

  /** Nothing depends on it but what people see: said once, not at every heartbeat. */
  private failed(error: unknown): void {
    if (!this.isFailing) this.log.error(`When devices were last seen cannot be written down: ${String(error)}`);
    this.isFailing = true;
  }
}
