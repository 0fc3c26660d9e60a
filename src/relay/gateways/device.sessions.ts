import { Inject, Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import type { ChannelSocket } from '../../channel/index.js';
import { CLOCK } from '../../config/index.js';
import { CLOSE_CODES, type Clock } from '../../protocol/index.js';
import { LiveSockets, type AccessEnd } from '../access/live-sockets.js';
import { TokenRenewals } from '../access/token-renewals.js';
import { actorAt, Audit } from '../audit/audit.js';
import type { Environment } from '../environments/environment.js';
import { EnvironmentRegistry } from '../environments/environment.registry.js';
import { Presence } from '../environments/presence.js';
import { SupersededListeners } from '../environments/superseded-listeners.js';
import { RelayOptions } from '../relay.options.js';
import { RoutingService } from '../routing/routing.service.js';
import { accessClosing } from './access-closing.js';
import type { AdmittedDevice } from './device.admission.js';
import { DeviceSession, type DeviceSessionParts } from './device-session.js';
import { GuardedSocket } from './guarded-socket.js';
import { closeAsVoid } from './void-lease.js';

/** Every device this process has had a socket of. */
@Injectable()
export class DeviceSessions implements OnApplicationShutdown {
  private readonly log = new Logger(DeviceSessions.name);
  private readonly sessions = new Map<string, DeviceSession>();
  private readonly parts: DeviceSessionParts;

  constructor(
    registry: EnvironmentRegistry,
    presence: Presence,
    superseded: SupersededListeners,
    routing: RoutingService,
    options: RelayOptions,
    @Inject(CLOCK) clock: Clock,
    private readonly live: LiveSockets,
    private readonly audit: Audit,
    private readonly renewals: TokenRenewals,
  ) {
    this.parts = { registry, presence, superseded, routing, options, clock, audit };
  }

  /** Takes over a socket whose upgrade was let in. Never throws. */
  open(bare: ChannelSocket, { hello, standing, identity, address, asksForExpiry }: AdmittedDevice): void {
    const actor = actorAt(identity, address);
    const socket = new GuardedSocket(bare, this.failed, () => hold.release());
    const knowsOurs = standing.state !== 'unknown' && standing.lease.resumable;
    const environmentId = standing.state === 'unknown' ? undefined : standing.environment.id;
    const refuse = (end: AccessEnd): void => {
      this.audit.record({ kind: 'access_ended', actor, environmentId, details: { end } });
      const { code, reason } = accessClosing(end, knowsOurs);
      socket.cut(code.code, reason, this.parts.clock);
    };
    const hold = this.live.hold(identity, { refuse }, standing.state === 'unknown' ? undefined : standing.lease.id);
    if (!socket.open) return;
    const renewal = this.renewals.of(hold, socket, (refusal) =>
      this.audit.refusedRenewal(environmentId, actor, refusal),
    );
    socket.intercept((text) => renewal.takes(text));
    if (asksForExpiry) renewal.announce();
    socket.guard(() => {
      // Stock listeners register again on 1008 alone, not on a refused upgrade.
      if (standing.state === 'unknown')
        return socket.close(CLOSE_CODES.POLICY.code, 'This relay does not know the lease; register again.');
      if (standing.state === 'void')
        return closeAsVoid(socket, hello, standing.lease, standing.by, this.parts.superseded);
      this.audit.named(standing.environment);
      this.sessionOf(standing.environment).join(hello, standing.lease, socket, actor);
    });
  }

  /** Its leases are void: its listener is told that another one took the environment over. */
  release(environmentId: string): void {
    const session = this.sessions.get(environmentId);
    this.sessions.delete(environmentId);
    session?.release();
  }

  onApplicationShutdown(): void {
    for (const session of this.sessions.values()) session.stop();
  }

  /** Made once: one made for each socket would keep its registration in memory. */
  private readonly failed = (error: unknown): void => this.log.error(error);

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
