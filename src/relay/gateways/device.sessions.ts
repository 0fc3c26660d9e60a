import { Inject, Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import type { ChannelSocket } from '../../channel/index.js';
import { CLOCK } from '../../config/index.js';
import { CLOSE_CODES, type Clock, type EndByAdmin } from '../../protocol/index.js';
import { LiveSockets } from '../access/live-sockets.js';
import { TokenRenewals } from '../access/token-renewals.js';
import { namedOf } from '../audit/audit-names.js';
import { Audit } from '../audit/audit.js';
import { NOBODY, type Environment } from '../environments/environment.js';
import { EnvironmentRegistry } from '../environments/environment.registry.js';
import { Presence } from '../environments/presence.js';
import { SupersededListeners } from '../environments/superseded-listeners.js';
import { RelayOptions } from '../relay.options.js';
import { RoutingService } from '../routing/routing.service.js';
import { AdmittedSocket, type AdmittedSocketParts } from './admitted-socket.js';
import type { AdmittedDevice } from './device.admission.js';
import { DeviceSession, type DeviceSessionParts } from './device-session.js';
import { closeAsVoid } from './void-lease.js';

/** Every device this process has had a socket of. */
@Injectable()
export class DeviceSessions implements OnApplicationShutdown {
  private readonly log = new Logger(DeviceSessions.name);
  private readonly sessions = new Map<string, DeviceSession>();
  private readonly parts: DeviceSessionParts;
  private readonly socketParts: AdmittedSocketParts;

  constructor(
    registry: EnvironmentRegistry,
    presence: Presence,
    superseded: SupersededListeners,
    routing: RoutingService,
    options: RelayOptions,
    @Inject(CLOCK) clock: Clock,
    live: LiveSockets,
    private readonly audit: Audit,
    renewals: TokenRenewals,
  ) {
    this.parts = { registry, presence, superseded, routing, options, clock, audit };
    this.socketParts = { live, renewals, audit, clock, failed: (error) => this.log.error(error) };
  }

  /** Takes over a socket whose upgrade was let in. Never throws. */
  open(bare: ChannelSocket, { hello, standing, identity, address, asksForExpiry }: AdmittedDevice): void {
    const known = standing.state === 'unknown' ? undefined : standing;
    const socket = new AdmittedSocket(bare, this.socketParts, {
      identity,
      address,
      environmentId: known?.environment.id,
      connection: known?.lease.id,
      knowsOurs: known?.lease.resumable === true,
    });
    if (!socket.open) return;
    if (asksForExpiry) socket.announceExpiry();
    socket.guard(() => {
      // Stock listeners register again on 1008 alone, not on a refused upgrade.
      if (standing.state === 'unknown')
        return socket.close(CLOSE_CODES.POLICY.code, 'This relay does not know the lease; register again.');
      if (standing.state === 'void') {
        // It was away when that happened.
        const end = standing.environment.ownerTokenId === NOBODY ? 'released' : undefined;
        return closeAsVoid(socket, hello, standing.lease, standing.by, this.parts.superseded, end);
      }
      this.audit.named(standing.environment.id, namedOf(standing.environment));
      this.sessionOf(standing.environment).join(hello, standing.lease, socket, socket.actor);
    });
  }

  /** Its leases are void: its listener is told so, and stops. */
  end(environmentId: string, how: EndByAdmin): void {
    const session = this.sessions.get(environmentId);
    this.sessions.delete(environmentId);
    session?.end(how);
  }

  /** Whether any socket of its listener is open here. */
  serves(environmentId: string): boolean {
    return this.sessions.get(environmentId)?.isAlone === false;
  }

  /** Another node serves it from now on: its listener is told to come again. */
  leave(environmentId: string): void {
    const session = this.sessions.get(environmentId);
    this.sessions.delete(environmentId);
    session?.leave();
  }

  onApplicationShutdown(): void {
    for (const session of this.sessions.values()) session.stop();
  }

  private sessionOf(environment: Environment): DeviceSession {
    const known = this.sessions.get(environment.id);
    if (known) return known;
    // What else its record holds is not kept for as long as the device is connected.
    const { id, connectionId } = environment;
    const session = new DeviceSession({ id, connectionId }, this.parts);
    this.sessions.set(environment.id, session);
    return session;
  }
}
