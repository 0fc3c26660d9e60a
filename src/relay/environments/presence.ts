import { Injectable, Logger } from '@nestjs/common';
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
  /** Told of every change but heartbeats. */
  private changed: (environmentId: string) => void = () => {};

  constructor(private readonly registry: EnvironmentRegistry) {}

  /** Tells one observer of every change but heartbeats. */
  observe(changed: (environmentId: string) => void): void {
    this.changed = changed;
  }

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
    this.keep(environmentId, { online: true, connectedAt: at, awaySince: null, lastHeartbeat, lastSeenAt: at });
    this.changed(environmentId);
  }

  heartbeat(environmentId: string, at: number): void {
    const record = this.records.get(environmentId);
    if (record) this.keep(environmentId, { ...record, lastHeartbeat: at, lastSeenAt: at });
  }

  /** The link broke; the environment stays online for a while, so that a reconnect does not flap. */
  disconnected(environmentId: string, at: number): void {
    const record = this.records.get(environmentId);
    if (!record) return;
    this.written.delete(environmentId);
    this.keep(environmentId, { ...record, awaySince: at, lastSeenAt: at });
    this.changed(environmentId);
  }

  offline(environmentId: string): void {
    const record = this.records.get(environmentId);
    if (record) this.records.set(environmentId, { ...record, online: false, connectedAt: null, awaySince: null });
    this.changed(environmentId);
  }

  /** Its device has told something of itself. */
  told(environmentId: string): void {
    this.changed(environmentId);
  }

  /** The environment was deleted. */
  forget(environmentId: string): void {
    this.records.delete(environmentId);
    this.written.delete(environmentId);
  }

  /** The lasting record follows now and then: thousands of heartbeats a minute are not worth a write each. */
  private keep(environmentId: string, record: PresenceRecord): void {
    this.records.set(environmentId, record);
    const { lastSeenAt, lastHeartbeat } = record;
    if (lastSeenAt - (this.written.get(environmentId) ?? 0) < WRITTEN_EVERY_MS) return;
    this.written.set(environmentId, lastSeenAt);
    this.registry.seen(environmentId, { lastSeenAt, lastHeartbeat }).then(
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
