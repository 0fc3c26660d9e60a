import { Injectable } from '@nestjs/common';

/** How an environment is tied to the relay right now. Epoch ms. */
export interface PresenceRecord {
  readonly online: boolean;
  /** When the link that is, or was last, ready became so. Null while offline. */
  readonly connectedAt: number | null;
  readonly lastHeartbeat: number | null;
  readonly lastSeenAt: number;
}

/** Who is online. Written by the device sessions, read by REST; as true as the last heartbeat. */
@Injectable()
export class Presence {
  private readonly records = new Map<string, PresenceRecord>();

  /** Undefined for an environment that never had a link in this process. */
  of(environmentId: string): PresenceRecord | undefined {
    return this.records.get(environmentId);
  }

  isOnline(environmentId: string): boolean {
    return this.records.get(environmentId)?.online ?? false;
  }

  connected(environmentId: string, at: number): void {
    const lastHeartbeat = this.records.get(environmentId)?.lastHeartbeat ?? null;
    this.records.set(environmentId, { online: true, connectedAt: at, lastHeartbeat, lastSeenAt: at });
  }

  heartbeat(environmentId: string, at: number): void {
    const record = this.records.get(environmentId);
    if (record) this.records.set(environmentId, { ...record, lastHeartbeat: at, lastSeenAt: at });
  }

  /** The link broke; the environment stays online for a while, so that a reconnect does not flap. */
  disconnected(environmentId: string, at: number): void {
    const record = this.records.get(environmentId);
    if (record) this.records.set(environmentId, { ...record, lastSeenAt: at });
  }

  offline(environmentId: string): void {
    const record = this.records.get(environmentId);
    if (record) this.records.set(environmentId, { ...record, online: false, connectedAt: null });
  }
}
