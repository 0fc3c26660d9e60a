import { Logger, type OnApplicationShutdown } from '@nestjs/common';
import type { Duplex } from 'node:stream';
import type { ChannelSocket } from '../../../channel/index.js';
import {
  type EndByAdmin,
  type Frame,
  type RelayNode,
  type RelayNodes,
  type RuntimePage,
  sleep,
  type Clock,
} from '../../../protocol/index.js';
import type { ChangedEnvironments, Gone } from '../../environments/changed-environments.js';
import type { PresenceRecord } from '../../environments/presence.js';
import type { SupersededListeners } from '../../environments/superseded-listeners.js';
import type { AdmittedClient } from '../../gateways/client.admission.js';
import type { AdmittedDevice } from '../../gateways/device.admission.js';
import type { DeviceFacts } from '../../routing/device-facts.js';
import type { EmbeddedEngine } from '../embedded.engine.js';
import { type Arriving, Engine, type ScopedEnvironment } from '../engine.js';
import type { EngineFigures, NodeEnd } from '../engine.metrics.js';
import type { NatsConnection } from './connection/nats-connection.js';
import { ArrivingSockets } from './homes/arriving-sockets.js';
import { HomeCalls } from './homes/home-calls.js';
import { HomeDoor } from './homes/home-door.js';
import { HomeUpkeep } from './homes/home-upkeep.js';
import { Homes } from './homes/homes.js';
import { NodeDoors } from './tunnels/node-doors.js';
import { type News, NodeNews } from './nodes/node-news.js';
import { Nodes } from './nodes/nodes.js';
import { OwnHomes, type OwnHomesObserver, type SharedHistories } from './homes/own-homes.js';
import { ShownEnvironments } from './homes/shown-environments.js';
import type { TunnelsObserver } from './tunnels/tunnels.js';
import { WayHome } from './homes/way-home.js';

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
  readonly drainGraceMs: number;
}

/** Told what becomes of nodes and homes, and what tunnels carry, for `/metrics`. */
export interface NatsEngineObserver extends TunnelsObserver, OwnHomesObserver {
  nodeGone(how: NodeEnd): void;
  natsBroke(): void;
}

export interface NatsEngineParts {
  readonly here: EmbeddedEngine;
  readonly connection: NatsConnection;
  readonly histories: SharedHistories & {
    readonly unacknowledged: EngineFigures['unacknowledged'];
    /** Lets go of what is kept here of an environment whose home this node was. */
    forget(environmentId: string): void;
  };
  readonly changed: ChangedEnvironments;
  readonly superseded: SupersededListeners;
  readonly clock: Clock;
  readonly observer: NatsEngineObserver;
  readonly options: NatsEngineOptions;
  /** The incarnation of this node. */
  readonly self: string;
  describe(): Pick<RelayNode, 'id' | 'name' | 'startedAt' | 'sockets'>;
  /** Ends what this works with. */
  close(): Promise<void>;
}

/**
 * One of many relay nodes. An environment is served by one of them, its home; who comes to another one is let in there, and served
 * through a tunnel.
 */
export class NatsEngine extends Engine implements OnApplicationShutdown {
  private readonly log = new Logger(NatsEngine.name);
  private readonly doors: NodeDoors;
  private readonly own: OwnHomes;
  private readonly shown: ShownEnvironments;
  private readonly upkeep: HomeUpkeep;
  private readonly news: NodeNews;
  private readonly calls: HomeCalls;
  private readonly arriving: ArrivingSockets;
  private phase: 'serving' | 'draining' | 'over' = 'serving';

  private constructor(
    private readonly parts: NatsEngineParts,
    private readonly homes: Homes,
    private readonly living: Nodes,
  ) {
    super();
    const { self, connection, clock, observer, here, histories, options, changed, superseded } = parts;
    const { offlineAfterMs, homeIdleMs, homeWaitMs, drainGraceMs: finishMs } = options;
    const failed = (error: unknown, environmentId: string): void => this.log.warn(String(error), { environmentId });
    const taken = (environmentId: string): void => changed.note(environmentId);
    const isServing = (): boolean => this.phase === 'serving';
    const telling = { observer, failed, taken };
    const own = new OwnHomes({ here, homes, histories, clock, offlineAfterMs, finishMs, isServing, ...telling });
    const doors: NodeDoors = new NodeDoors({
      self,
      connection,
      clock,
      observer,
      receive: (newcomer) => door.receive(newcomer),
    });
    const overdue = (environmentId: string): void => this.upkeep.noted(environmentId);
    this.shown = new ShownEnvironments({ own, homes, nodes: living, changed, clock, offlineAfterMs, overdue });
    const unsaid = (id: string): void => this.news.tell({ kind: 'environment', id });
    this.upkeep = new HomeUpkeep({ own, homes, here, clock, homeIdleMs, unsaid, look: () => this.shown.look() });
    const way = new WayHome({ own, homes, doors, nodes: living, clock, homeWaitMs, isServing });
    const calls = new HomeCalls({ here, own, way });
    const door = new HomeDoor({ here, own, homes, calls, isServing });
    this.arriving = new ArrivingSockets({ here, way, clock });
    this.news = new NodeNews(self, connection, (news) => this.heard(news));
    this.calls = calls;
    this.own = own;
    this.doors = doors;
    changed.observe({ changed: (environmentId, gone) => this.changed(environmentId, gone) });
    superseded.observe((news) => this.news.tell({ kind: 'superseded', news }));
    connection.watch((state) => {
      if (state === 'away') observer.natsBroke();
      // What others told meanwhile was missed.
      else changed.forget();
    });
  }

  /** @throws NatsError */
  static async open(parts: NatsEngineParts): Promise<NatsEngine> {
    const { self, connection, clock, options, describe } = parts;
    let engine: NatsEngine | undefined;
    const homes = await Homes.open(self, connection, clock, {
      moved: (environmentId) => engine?.moved(environmentId),
      said: (environmentId) => engine?.shown.said(environmentId),
    });
    const record = (): RelayNode => engine?.node ?? { ...describe(), state: 'ready', environments: 0 };
    const living = await Nodes.open(self, connection, clock, options, record, {
      came: (node) => engine?.shown.nodeTurned(node),
      gone: (node, how) => engine?.left(node, how),
    });
    engine = new NatsEngine(parts, homes, living);
    // Told before it was there.
    for (const environmentId of homes.ids) engine.shown.said(environmentId);
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

  get unacknowledged(): EngineFigures['unacknowledged'] {
    return this.parts.histories.unacknowledged;
  }

  /** This one. */
  get node(): RelayNode {
    const state = this.phase === 'serving' ? 'ready' : 'draining';
    return { ...this.parts.describe(), state, environments: this.homesHere };
  }

  /** Another node is an environment's home: what this one has of it ends. */
  lost(environmentId: string): void {
    this.own.lose(environmentId);
  }

  prepare(arriving: Arriving, stream: Duplex): Promise<void> {
    return this.arriving.prepare(arriving, stream);
  }

  listener(socket: ChannelSocket, admitted: AdmittedDevice): void {
    const upcoming = this.arriving.of(admitted);
    if (upcoming) upcoming.become(socket);
    else this.parts.here.listener(socket, admitted);
  }

  client(socket: ChannelSocket, admitted: AdmittedClient): void {
    this.arriving.of(admitted)?.become(socket);
  }

  async request(environmentId: string, command: Frame): Promise<Frame> {
    return (await this.calls.call(environmentId, { method: 'request', command })) as Frame;
  }

  async runtimesOf(environmentId: string, limit: number): Promise<RuntimePage> {
    return (await this.calls.call(environmentId, { method: 'runtimes', limit })) as RuntimePage;
  }

  presenceOf(environmentId: string): PresenceRecord | undefined {
    return this.shown.of(environmentId)?.presence;
  }

  factsOf(environmentId: string): DeviceFacts {
    return this.shown.of(environmentId)?.facts ?? {};
  }

  /** Only its home has clients of it. */
  named({ id, organizationId, connectionName }: ScopedEnvironment): void {
    const named = { id, organizationId, connectionName };
    if (this.own.has(id)) this.parts.here.named(named);
    else this.news.tell({ kind: 'named', environment: named });
  }

  async end(environmentId: string, how: EndByAdmin): Promise<void> {
    await this.calls.call(environmentId, { method: 'end', how });
  }

  deleted(environmentId: string): void {
    this.news.tell({ kind: 'deleted', id: environmentId });
    this.letGo(environmentId);
  }

  nodes(): RelayNodes {
    const { self, connection } = this.parts;
    const others = this.living.all.filter(({ id }) => id !== self);
    const nodes = [this.node, ...others].toSorted((a, b) => a.name.localeCompare(b.name) || a.startedAt - b.startedAt);
    return { nodes, answeredBy: self, nats: connection.state };
  }

  servedBy(environmentId: string): string | undefined {
    const { self } = this.parts;
    const home = this.own.has(environmentId) ? self : this.homes.shown(environmentId)?.node;
    return home === self ? this.node.name : this.living.all.find(({ id }) => id === home)?.name;
  }

  /** Gives homes back as it closes their sockets, so that whoever comes again finds another node; then sends clients of other homes away. */
  async drain(): Promise<void> {
    this.phase = 'draining';
    await this.living.say().catch((error: unknown) => this.log.warn(String(error)));
    this.arriving.leave();
    await this.inBatches(this.own.ids, (id) => this.own.leave(id));
    await this.inBatches(this.doors.tunnels.leaving(), (tunnel) => tunnel.leave(this.parts.clock));
  }

  async onApplicationShutdown(): Promise<void> {
    this.phase = 'over';
    this.upkeep.stop();
    await Promise.all(this.own.ids.map((id) => this.own.leave(id)));
    this.doors.stop();
    this.news.stop();
    this.homes.stop();
    await this.living.leave();
    await this.parts.close();
  }

  /** Not everybody comes back in the same instant. */
  private async inBatches<T>(all: readonly T[], end: (one: T) => Promise<void>): Promise<void> {
    const { clock, options } = this.parts;
    const ended: Promise<void>[] = [];
    for (const [index, one] of all.entries()) {
      if (index > 0 && index % options.drainBatch === 0) await sleep(clock, options.drainEveryMs);
      ended.push(end(one));
    }
    await Promise.all(ended);
  }

  /** This node has changed something. Others are told by the home, where this is one and shows it. */
  private changed(environmentId: string, gone: Gone | undefined): void {
    if (!gone && this.own.has(environmentId)) this.upkeep.noted(environmentId);
    else this.news.tell({ kind: 'environment', id: environmentId, gone });
  }

  private heard(news: News): void {
    const { changed, superseded } = this.parts;
    if (news.kind === 'superseded') superseded.hear(news.news);
    else if (news.kind === 'deleted') this.letGo(news.id);
    else if (news.kind === 'named') {
      if (this.own.has(news.environment.id)) this.parts.here.named(news.environment);
    } else changed.heard(news.id, news.gone);
  }

  /** It was deleted. */
  private letGo(environmentId: string): void {
    this.parts.histories.forget(environmentId);
    if (this.own.has(environmentId)) void this.own.leave(environmentId);
  }

  private left(node: string, how: NodeEnd): void {
    this.parts.observer.nodeGone(how);
    this.doors.tunnels.breakWhere((other) => other === node);
    this.shown.nodeTurned(node);
  }

  /** What is told may be older than what this node has claimed since. */
  private moved(environmentId: string): void {
    if (!this.own.has(environmentId)) return;
    this.homes.nodeOf(environmentId).then(
      (node) => {
        if (node !== this.parts.self) this.lost(environmentId);
      },
      // It is told once: where nobody asked again, this node would serve on beside the new home.
      () => this.upkeep.doubted(environmentId),
    );
  }
}
