import { Logger } from '@nestjs/common';
import type { ChannelSocket } from '../../channel/index.js';
import {
  sleep,
  type Clock,
  type EndByAdmin,
  type Frame,
  type RelayNode,
  type RelayNodes,
  type RuntimePage,
} from '../../protocol/index.js';
import type { Presence, PresenceRecord } from '../environments/presence.js';
import type { AdmittedClient } from '../gateways/client.admission.js';
import type { ClientSessions } from '../gateways/client.sessions.js';
import type { AdmittedDevice } from '../gateways/device.admission.js';
import type { DeviceSessions } from '../gateways/device.sessions.js';
import type { DeviceFacts } from '../routing/device-facts.js';
import type { RoutingService } from '../routing/routing.service.js';
import { Engine, type ScopedEnvironment } from './engine.js';

/** What serves environments in this process. */
export interface EmbeddedEngineParts {
  readonly devices: DeviceSessions;
  readonly clients: ClientSessions;
  readonly routing: RoutingService;
  readonly presence: Presence;
  readonly clock: Clock;
  /** This process. */
  describe(): Pick<RelayNode, 'id' | 'name' | 'startedAt' | 'sockets'>;
}

/** Between two looks at what is under way, in ms. */
const LOOK_AGAIN_MS = 10;

/** Everything in this process: the relay is one node. */
export class EmbeddedEngine extends Engine {
  private readonly log = new Logger(EmbeddedEngine.name);

  constructor(private readonly parts: EmbeddedEngineParts) {
    super();
  }

  /** It is here. */
  async prepare(): Promise<void> {}

  listener(socket: ChannelSocket, admitted: AdmittedDevice): void {
    this.parts.devices.open(socket, admitted);
  }

  client(socket: ChannelSocket, admitted: AdmittedClient): void {
    this.parts.clients.open(socket, admitted);
  }

  request(environmentId: string, command: Frame): Promise<Frame> {
    return this.parts.routing.request(environmentId, command);
  }

  runtimesOf(environmentId: string, limit: number): Promise<RuntimePage> {
    return this.parts.routing.runtimesOf(environmentId, limit);
  }

  presenceOf(environmentId: string): PresenceRecord | undefined {
    return this.parts.presence.of(environmentId);
  }

  factsOf(environmentId: string): DeviceFacts {
    return this.parts.routing.factsOf(environmentId);
  }

  named(environment: ScopedEnvironment): void {
    this.parts.clients.named(environment);
  }

  nodes(): RelayNodes {
    const { describe, presence } = this.parts;
    const self = describe();
    return { nodes: [{ ...self, state: 'ready', environments: presence.online }], answeredBy: self.id, nats: null };
  }

  servedBy(): undefined {
    return undefined;
  }

  /** Nobody else could go on with anything: whoever waits for a device when its link closes is told. */
  async drain(): Promise<void> {
    this.parts.routing.drain();
  }

  /** Whether anybody's socket of it is open here. */
  serves(environmentId: string): boolean {
    const { devices, clients } = this.parts;
    return devices.serves(environmentId) || clients.serves(environmentId);
  }

  /** Whether somebody who comes back would find here alone what it waits for. */
  isAwaited(environmentId: string): boolean {
    return this.parts.routing.isAwaited(environmentId);
  }

  /** Has commands that are under way end, and takes no others from whoever sends them again by itself; for so many ms at most. */
  async finish(environmentId: string, withinMs: number): Promise<void> {
    const { clients, routing, clock } = this.parts;
    clients.holdBack(environmentId);
    const until = clock.elapsed() + withinMs;
    while (routing.isBusy(environmentId) && clock.elapsed() < until) await sleep(clock, LOOK_AGAIN_MS);
  }

  /**
   * Another node serves it from now on: whoever is connected is told to come again. Its history stays.
   *
   * @returns resolves when all are told. Never rejects
   */
  async leave(environmentId: string): Promise<void> {
    const { devices, clients, routing, presence } = this.parts;
    try {
      clients.holdBack(environmentId);
      routing.sendBack(environmentId);
      devices.leave(environmentId);
      routing.leave(environmentId);
      presence.forget(environmentId);
      // What clients were told of their commands just now leaves before their sockets are closed.
      await new Promise(setImmediate);
      await clients.leave(environmentId);
    } catch (error) {
      this.log.error(error, { environmentId });
    }
  }

  deleted(environmentId: string): void {
    if (this.serves(environmentId)) void this.leave(environmentId);
  }

  async end(environmentId: string, how: EndByAdmin): Promise<void> {
    const { devices, clients, routing, presence } = this.parts;
    devices.end(environmentId, how);
    if (how === 'released') return;
    clients.removed(environmentId);
    routing.remove(environmentId);
    presence.forget(environmentId);
  }
}
