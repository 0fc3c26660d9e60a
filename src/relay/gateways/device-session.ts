import { Logger } from '@nestjs/common';
import type { ChannelSocket } from '../../channel/index.js';
import {
  CLOSE_CODES,
  JUMP_MS,
  type AuditDetails,
  type AuditKind,
  type ChannelName,
  type Clock,
  type EndByAdmin,
  type Frame,
  type FrameError,
  type OfflineReason,
  type Timer,
} from '../../protocol/index.js';
import type { LimitName } from '../access/limit-name.js';
import type { Audit } from '../audit/audit.js';
import type { Actor } from '../audit/audit-entry.js';
import { voiderOf, type Environment, type Lease } from '../environments/environment.js';
import type { EnvironmentRegistry } from '../environments/environment.registry.js';
import type { Presence } from '../environments/presence.js';
import type { SupersededListeners } from '../environments/superseded-listeners.js';
import type { RelayOptions } from '../relay.options.js';
import type { Responsibility } from '../routing/device-link.js';
import type { RoutingService } from '../routing/routing.service.js';
import { DeviceSockets, type DeviceSocketsObserver, type LinkEnd } from './device-sockets.js';
import { judgeHello, type Hello } from './pairing.js';
import { MOVED_REASON } from './restart-reasons.js';
import { closeAsVoid } from './void-lease.js';

/** What a session works with. */
export interface DeviceSessionParts {
  readonly registry: EnvironmentRegistry;
  readonly presence: Presence;
  readonly superseded: SupersededListeners;
  readonly routing: RoutingService;
  readonly audit: Audit;
  readonly options: RelayOptions;
  readonly clock: Clock;
}

/** A whole link is told like its only socket. */
const LINK: Hello = { kind: 'legacy' };

/** The links under one lease: at most one is open. */
interface LeaseLinks {
  readonly lease: Lease;
  open: DeviceSockets | undefined;
  /** The highest attempt that ever began. */
  highest: number | undefined;
}

/**
 * One environment's device in this process: puts its sockets together, decides which link is the live one, and knows
 * whether the device is online. A link that breaks leaves it online until heartbeats have been missing for long enough,
 * so that a reconnect does not flap.
 */
export class DeviceSession implements DeviceSocketsObserver {
  /** One for all of them. */
  private static readonly log = new Logger(DeviceSession.name);
  private leases: readonly LeaseLinks[] = [];
  /** The newest lease that has had a ready link: older ones are void. */
  private ruling: Lease | undefined;
  private live: DeviceSockets | undefined;
  /** How the last link that was ready ended; undefined while one is. */
  private lastEnd: LinkEnd | undefined;
  /** Whose its newest socket is. */
  private actor: Actor = {};
  private lastSignOfLife = 0;
  private watch: Timer | undefined;

  constructor(
    private readonly environment: Pick<Environment, 'id' | 'connectionId'>,
    private readonly parts: DeviceSessionParts,
  ) {}

  /** Takes over a socket that came with a valid lease. */
  join(hello: Hello, lease: Lease, socket: ChannelSocket, actor: Actor = {}): void {
    if (this.ruling && lease.order < this.ruling.order)
      return closeAsVoid(socket, hello, lease, voiderOf(lease, this.ruling), this.parts.superseded);
    const links = this.linksOf(lease);
    const verdict = judgeHello(hello, links.open, links.highest);
    if (verdict.do === 'refuse') return socket.close(CLOSE_CODES.GOING_AWAY.code, verdict.reason);
    this.actor = actor;
    const link = verdict.do === 'join' && links.open ? links.open : this.begin(links, hello);
    link.add(hello, socket);
  }

  /** Its leases are void: whatever is open is told so, and must stop. */
  end(how: EndByAdmin): void {
    const { leases } = this;
    this.leases = [];
    for (const { open, lease } of leases)
      if (open) closeAsVoid(open, LINK, lease, 'other-process', this.parts.superseded, how);
    this.goOffline('released');
  }

  /** Whether none of its sockets is open. */
  get isAlone(): boolean {
    return this.leases.every(({ open }) => !open);
  }

  /** Another node serves its environment from now on: what is open is told to come again. */
  leave(): void {
    const { leases } = this;
    this.leases = [];
    for (const { open } of leases) open?.close(CLOSE_CODES.RESTART.code, MOVED_REASON);
    this.watch?.cancel();
  }

  /** Stops its timers. */
  stop(): void {
    this.watch?.cancel();
    for (const { open } of this.leases) open?.stopWaiting();
  }

  ready(link: DeviceSockets): void {
    const { registry, presence, routing, clock } = this.parts;
    // Before anybody can see it: a relay that is killed right after must not let the older lease win.
    registry.leaseReady(link.origin).catch((error: unknown) => DeviceSession.log.error(error, this.fields));
    this.rule(link.origin);
    this.live = link;
    this.lastEnd = undefined;
    if (!presence.isOnline(this.environment.id)) this.record('listener_online', { link: link.kind });
    this.lastSignOfLife = clock.now();
    presence.connected(this.environment.id, this.lastSignOfLife);
    this.watchHeartbeats();
    DeviceSession.log.log('The device is connected.', { ...this.fields, link: link.kind });
    routing.linkReady(this.environment.id, link);
  }

  frame(link: DeviceSockets, channel: ChannelName, frame: Frame, text: string): Responsibility {
    return this.parts.routing.deviceFrame(this.environment.id, link, channel, frame, text);
  }

  refused(link: DeviceSockets, channel: ChannelName, error: FrameError): Responsibility {
    return this.parts.routing.deviceRefused(this.environment.id, link, channel, error);
  }

  heartbeat(): void {
    this.lastSignOfLife = this.parts.clock.now();
    this.parts.presence.heartbeat(this.environment.id, this.lastSignOfLife);
  }

  limited(limit: LimitName): void {
    this.parts.routing.limited(limit);
    DeviceSession.log.warn('The device ran into a limit; its link is closed.', { ...this.fields, limit });
  }

  ended(link: DeviceSockets, end: LinkEnd): void {
    const links = this.leases.find(({ lease }) => lease.id === link.lease);
    if (links?.open === link) links.open = undefined;
    if (link.refusedFrames > 0)
      DeviceSession.log.warn('The device sent messages that are no frames.', {
        ...this.fields,
        count: link.refusedFrames,
      });
    if (this.live !== link) return;
    this.live = undefined;
    this.lastEnd = end;
    this.parts.presence.disconnected(this.environment.id, this.parts.clock.now());
    DeviceSession.log.log('The device is disconnected.', { ...this.fields, end });
    this.parts.routing.linkClosed(this.environment.id, link);
    if (end === 'goodbye') this.goOffline('stopped');
  }

  private record(kind: AuditKind, details: AuditDetails = {}): void {
    this.parts.audit.record({ kind, actor: this.actor, environmentId: this.environment.id, details });
  }

  private get fields() {
    return { environmentId: this.environment.id, connectionId: this.environment.connectionId };
  }

  private linksOf(lease: Lease): LeaseLinks {
    const known = this.leases.find((links) => links.lease.id === lease.id);
    if (known) return known;
    const links: LeaseLinks = { lease, open: undefined, highest: undefined };
    this.leases = this.leases.concat(links);
    return links;
  }

  private begin(links: LeaseLinks, hello: Hello): DeviceSockets {
    links.open?.close(CLOSE_CODES.GOING_AWAY.code, 'A newer link of this listener has begun.');
    const { clock, options } = this.parts;
    const link = new DeviceSockets(hello, links.lease, this, options, clock);
    links.open = link;
    if (hello.kind === 'paired') links.highest = hello.attempt;
    return link;
  }

  /** A link of this lease is ready: older leases are void, and what is connected with them goes. */
  private rule(lease: Lease): void {
    this.ruling = lease;
    const older = this.leases.filter((links) => links.lease.order < lease.order);
    this.leases = this.leases.filter((links) => links.lease.order >= lease.order);
    for (const { open, lease: voided } of older) {
      if (!open) continue;
      const by = voiderOf(voided, lease);
      if (by === 'other-process') this.record('listener_superseded');
      closeAsVoid(open, LINK, voided, by, this.parts.superseded);
    }
  }

  private get silenceMs(): number {
    return this.parts.clock.now() - this.lastSignOfLife;
  }

  private watchHeartbeats(): void {
    this.watch?.cancel();
    const { clock, options } = this.parts;
    const due = this.lastSignOfLife + options.offlineAfterMs;
    this.watch = clock.after(due - clock.now(), () => {
      // This process slept or stalled, and could hear nobody: silence is counted from now on.
      if (clock.now() - due >= JUMP_MS) this.lastSignOfLife = clock.now();
      if (this.silenceMs < options.offlineAfterMs) return this.watchHeartbeats();
      // After a stall of this process heartbeats may wait unread: they are read before the next timer runs.
      this.watch = clock.after(0, () =>
        this.silenceMs < options.offlineAfterMs
          ? this.watchHeartbeats()
          : this.goOffline(this.lastEnd === 'refused' ? 'access-ended' : 'lost'),
      );
    });
  }

  private goOffline(reason: OfflineReason): void {
    this.watch?.cancel();
    this.live?.terminate();
    const { presence, routing, clock } = this.parts;
    if (presence.isOnline(this.environment.id)) this.record('listener_offline');
    presence.offline(this.environment.id, reason, clock.now());
    DeviceSession.log.log('The device is offline.', { ...this.fields, reason });
    routing.markedOffline(this.environment.id);
  }
}
