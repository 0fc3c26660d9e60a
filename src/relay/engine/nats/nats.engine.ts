import { type BeforeApplicationShutdown, Logger, type OnApplicationShutdown } from '@nestjs/common';
import type { ChannelSocket } from '../../../channel/index.js';
import {
  CLOSE_CODES,
  type EndByAdmin,
  type Frame,
  type RelayNode,
  type RuntimePage,
  sleep,
  type Clock,
  type Timer,
} from '../../../protocol/index.js';
import type { Environment } from '../../environments/environment.js';
import type { PresenceRecord } from '../../environments/presence.js';
import type { AdmittedClient } from '../../gateways/client.admission.js';
import type { AdmittedDevice } from '../../gateways/device.admission.js';
import { RelayError } from '../../relay.error.js';
import type { DeviceFacts } from '../../routing/device-facts.js';
import type { EmbeddedEngine } from '../embedded.engine.js';
import { Engine } from '../engine.js';
import { Homes, type Shown } from './homes.js';
import type { NatsConnection } from './nats-connection.js';
import { letIn, type Newcomer, type NodeCall } from './newcomer.js';
import { answerCalls, callThrough } from './node-calls.js';
import { NodeDoors } from './node-doors.js';
import { Nodes } from './nodes.js';
import { OwnHome, OwnHomes, type SharedHistories } from './own-homes.js';
import { shownFrom } from './shown.js';
import type { Tunnel } from './tunnel.js';
import type { TunnelsObserver } from './tunnels.js';

export interface NatsEngineOptions {
  /** A node that has not said anything for this long is gone, in ms. */
  readonly nodeTtlMs: number;
  /** Whoever is let in waits for a home for this long, in ms. */
  readonly homeWaitMs: number;
  /** A home where nobody has a socket is given back after this time, in ms. */
  readonly homeIdleMs: number;
  /** As `RelayOptions` has it. */
  readonly offlineAfterMs: number;
  readonly drainBatch: number;
  readonly drainEveryMs: number;
}

export interface NatsEngineParts {
  readonly here: EmbeddedEngine;
  readonly connection: NatsConnection;
  readonly histories: SharedHistories;
  readonly clock: Clock;
  readonly observer: TunnelsObserver;
  readonly options: NatsEngineOptions;
  /** The incarnation of this node. */
  readonly self: string;
  describe(): Pick<RelayNode, 'name' | 'startedAt' | 'sockets'>;
  /** Ends what this works with. */
  close(): Promise<void>;
}

/** Between two looks for a home, in ms. */
const LOOK_AGAIN_MS = 200;
/** Changes of what is shown are written down together, in ms. */
const WRITE_AFTER_MS = 50;
/** Homes are looked at this often, in ms, for what could not be written down and for those that nobody needs. */
const UPKEEP_MS = 2_000;
const NO_HOME = 'The relay node that serves this environment is away; reconnect.';

/**
 * One of many relay nodes. An environment is served by one of them, its home; who comes to another one is let in there, and served
 * through a tunnel.
 */
export class NatsEngine extends Engine implements BeforeApplicationShutdown, OnApplicationShutdown {
  private readonly log = new Logger(NatsEngine.name);
  private readonly doors: NodeDoors;
  private readonly own: OwnHomes;
  private readonly changed = new Set<string>();
  private writing: Timer | undefined;
  private upkeep: Timer | undefined;
  private phase: 'serving' | 'draining' | 'over' = 'serving';

  private constructor(
    private readonly parts: NatsEngineParts,
    private readonly homes: Homes,
    private living: Nodes | undefined,
  ) {
    super();
    const { self, connection, clock, observer, here, histories, options } = parts;
    const { offlineAfterMs } = options;
    const failed = (error: unknown, environmentId: string): void => this.log.warn(String(error), { environmentId });
    this.own = new OwnHomes({ here, homes, histories, clock, offlineAfterMs, failed });
    this.doors = new NodeDoors({ self, connection, clock, observer, receive: (newcomer) => this.receive(newcomer) });
    this.upkeep = clock.after(UPKEEP_MS, () => this.look());
  }

  /** @throws NatsError */
  static async open(parts: NatsEngineParts): Promise<NatsEngine> {
    const { self, connection, clock, options, describe } = parts;
    let engine: NatsEngine | undefined;
    const homes = await Homes.open(self, connection, clock, (environmentId) => engine?.moved(environmentId));
    engine = new NatsEngine(parts, homes, undefined);
    const { own, doors } = engine;
    const record = (): RelayNode => ({
      ...describe(),
      state: engine.phase === 'serving' ? 'ready' : 'draining',
      environments: own.count,
    });
    engine.living = await Nodes.open(self, connection, clock, options, record, (node) =>
      doors.tunnels.breakWhere((other) => other === node),
    );
    return engine;
  }

  get homesHere(): number {
    return this.own.count;
  }

  get tunnels(): number {
    return this.doors.tunnels.count;
  }

  get isConnected(): boolean {
    return this.parts.connection.state === 'connected';
  }

  /** What this node shows of an environment may have changed. */
  noted(environmentId: string): void {
    if (!this.own.has(environmentId)) return;
    this.changed.add(environmentId);
    this.writing ??= this.parts.clock.after(WRITE_AFTER_MS, () => void this.write());
  }

  /** Another node is an environment's home: what this one has of it ends. */
  lost(environmentId: string): void {
    this.own.lose(environmentId);
  }

  listener(socket: ChannelSocket, admitted: AdmittedDevice): void {
    const { standing } = admitted;
    // Who is only to be told why nobody serves it needs no home for that.
    if (standing.state !== 'valid') return this.parts.here.listener(socket, admitted);
    void this.bring({ kind: 'listener', environmentId: standing.environment.id, admitted }, socket);
  }

  client(socket: ChannelSocket, admitted: AdmittedClient): void {
    void this.bring({ kind: 'client', environmentId: admitted.attachment.environmentId, admitted }, socket);
  }

  async request(environmentId: string, command: Frame): Promise<Frame> {
    return (await this.call(environmentId, { method: 'request', command })) as Frame;
  }

  async runtimesOf(environmentId: string, limit: number): Promise<RuntimePage> {
    return (await this.call(environmentId, { method: 'runtimes', limit })) as RuntimePage;
  }

  presenceOf(environmentId: string): PresenceRecord | undefined {
    return this.shown(environmentId)?.presence;
  }

  factsOf(environmentId: string): DeviceFacts {
    return this.shown(environmentId)?.facts ?? {};
  }

  /** Clients of other nodes hear it when the listener is there. */
  named(environment: Environment): void {
    this.parts.here.named(environment);
  }

  async end(environmentId: string, how: EndByAdmin): Promise<void> {
    await this.call(environmentId, { method: 'end', how });
  }

  nodes(): readonly RelayNode[] {
    return this.living?.all ?? [];
  }

  /** Gives homes back as it closes their sockets, so that whoever comes again finds another node. */
  async beforeApplicationShutdown(): Promise<void> {
    this.phase = 'draining';
    const { clock, options } = this.parts;
    await this.living?.say().catch((error: unknown) => this.log.warn(String(error)));
    const { ids } = this.own;
    for (let from = 0; from < ids.length; from += options.drainBatch) {
      if (from > 0) await sleep(clock, options.drainEveryMs);
      await Promise.all(ids.slice(from, from + options.drainBatch).map((id) => this.own.leave(id)));
    }
  }

  async onApplicationShutdown(): Promise<void> {
    this.phase = 'over';
    this.writing?.cancel();
    this.upkeep?.cancel();
    await Promise.all(this.own.ids.map((id) => this.own.leave(id)));
    this.doors.stop();
    this.homes.stop();
    await this.living?.leave();
    await this.parts.close();
  }

  /** Where an environment is, and what it takes to be there. @returns undefined: not now, look again */
  private async reach<T>(
    newcomer: Newcomer,
    atHome: (home: OwnHome) => T | Promise<T>,
    through: (tunnel: Tunnel) => T | Promise<T>,
  ): Promise<{ readonly done: T } | undefined> {
    const { environmentId } = newcomer;
    const found = await this.own.find(environmentId);
    if (found instanceof OwnHome)
      return this.isServing(environmentId, found) ? { done: await atHome(found) } : undefined;
    const tunnel = await this.doors.knock(found, newcomer);
    if (typeof tunnel !== 'string') return { done: await through(tunnel) };
    // Nobody listens there: either it lives no more, or it is away for a moment.
    const isGone = (await this.living?.isGone(found)) || (tunnel === 'unheard' && this.living?.isSilent(found));
    if (isGone && this.phase === 'serving') await this.own.find(environmentId, found);
    return undefined;
  }

  /** The same, for as long as it takes. @returns undefined: too long. @throws RelayError ENGINE_AWAY */
  private async reachInTime<T>(
    newcomer: Newcomer,
    atHome: (home: OwnHome) => T | Promise<T>,
    through: (tunnel: Tunnel) => T | Promise<T>,
    isWanted: () => boolean = () => true,
  ): Promise<{ readonly done: T } | undefined> {
    const { clock, options } = this.parts;
    const until = clock.elapsed() + options.homeWaitMs;
    while (isWanted() && this.phase === 'serving') {
      const reached = await this.reach(newcomer, atHome, through);
      if (reached || clock.elapsed() >= until) return reached;
      await sleep(clock, LOOK_AGAIN_MS);
    }
    return undefined;
  }

  /** Brings whoever was let in to the environment's home. Never rejects. */
  private async bring(newcomer: Exclude<Newcomer, { kind: 'call' }>, socket: ChannelSocket): Promise<void> {
    const { environmentId } = newcomer;
    try {
      const reached = await this.reachInTime(
        newcomer,
        () => letIn(this.parts.here, newcomer, socket),
        (tunnel) => tunnel.join(socket),
        () => socket.open,
      );
      if (!reached) socket.close(CLOSE_CODES.TRY_LATER.code, NO_HOME);
    } catch (error) {
      this.log.warn(`Somebody could not be brought to its environment: ${String(error)}`, { environmentId });
      socket.close(CLOSE_CODES.TRY_LATER.code, NO_HOME);
    }
  }

  private async call(environmentId: string, call: NodeCall): Promise<unknown> {
    const reached = await this.reachInTime<unknown>(
      { kind: 'call', environmentId },
      () => this.serve(environmentId, call),
      (tunnel) => callThrough(tunnel, call),
    );
    if (!reached) throw new RelayError('NODE_AWAY');
    return reached.done;
  }

  /** What a call asks for, at the home. */
  private async serve(environmentId: string, call: NodeCall): Promise<unknown> {
    const { here } = this.parts;
    if (call.method === 'request') return here.request(environmentId, call.command);
    if (call.method === 'runtimes') return here.runtimesOf(environmentId, call.limit);
    await here.end(environmentId, call.how);
    if (call.how === 'deleted') await this.own.remove(environmentId);
    return null;
  }

  /** Somebody comes from another node, which takes this one for the home. */
  private async receive(newcomer: Newcomer): Promise<((tunnel: Tunnel) => void) | undefined> {
    if (this.phase !== 'serving') return undefined;
    const { environmentId } = newcomer;
    const { here } = this.parts;
    const known = this.own.of(environmentId);
    if (!known && (await this.homes.nodeOf(environmentId)) !== this.parts.self) return undefined;
    // The home is best where the listener is.
    if (newcomer.kind === 'listener' && known?.expected === 0 && !here.serves(environmentId)) {
      await this.own.leave(environmentId);
      return undefined;
    }
    const home = await this.own.find(environmentId);
    if (!(home instanceof OwnHome)) return undefined;
    if (newcomer.kind === 'call')
      return (tunnel) =>
        answerCalls(
          tunnel,
          (call) => this.serve(environmentId, call),
          (error) => this.log.error(error),
        );
    home.expected++;
    return (tunnel) => {
      home.expected--;
      if (this.isServing(environmentId, home)) letIn(here, newcomer, tunnel);
      else tunnel.break();
    };
  }

  private isServing(environmentId: string, home: OwnHome): boolean {
    return this.phase === 'serving' && this.own.of(environmentId) === home;
  }

  private shown(environmentId: string): Shown | undefined {
    if (this.own.has(environmentId)) return this.own.shown(environmentId);
    const record = this.homes.shown(environmentId);
    const { offlineAfterMs } = this.parts.options;
    const isHeard = record !== undefined && this.living?.isHeard(record.node) === true;
    return record && shownFrom(record, isHeard, offlineAfterMs, this.parts.clock.now());
  }

  /** What is told may be older than what this node has claimed since. */
  private moved(environmentId: string): void {
    if (!this.own.has(environmentId)) return;
    this.homes.nodeOf(environmentId).then(
      (node) => {
        if (node !== this.parts.self) this.lost(environmentId);
      },
      (error: unknown) => this.log.debug(String(error)),
    );
  }

  private async write(): Promise<void> {
    this.writing = undefined;
    const all = [...this.changed];
    this.changed.clear();
    await Promise.all(all.map((environmentId) => this.writeOne(environmentId)));
  }

  private async writeOne(environmentId: string): Promise<void> {
    const home = this.own.of(environmentId);
    if (!home) return;
    const shown = this.own.shown(environmentId);
    const text = JSON.stringify(shown);
    if (text === home.written) return;
    try {
      const isMine = await this.homes.say(environmentId, shown);
      if (isMine) home.written = text;
      else if (this.own.of(environmentId) === home) this.lost(environmentId);
    } catch (error) {
      this.log.debug(String(error));
      // Upkeep writes it.
      this.changed.add(environmentId);
    }
  }

  private look(): void {
    const { clock, here, options } = this.parts;
    this.upkeep = clock.after(UPKEEP_MS, () => this.look());
    if (this.changed.size > 0) this.writing ??= clock.after(0, () => void this.write());
    for (const environmentId of this.own.ids) {
      const home = this.own.of(environmentId);
      if (!home) continue;
      const isNeeded =
        home.expected > 0 || here.serves(environmentId) || this.presenceOf(environmentId)?.online === true;
      if (isNeeded) home.aloneSince = undefined;
      else if (clock.elapsed() - (home.aloneSince ??= clock.elapsed()) >= options.homeIdleMs)
        void this.own.leave(environmentId);
    }
  }
}
