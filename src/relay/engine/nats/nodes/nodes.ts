import { Logger } from '@nestjs/common';
import type { KV, KvWatchEntry } from '@nats-io/kv';
import type { Msg, Subscription } from '@nats-io/transport-node';
import type { Clock, RelayNode, Timer } from '../../../../protocol/index.js';
import type { NodeEnd } from '../../engine.metrics.js';
import { BucketWatch } from '../connection/bucket-watch.js';
import type { NatsConnection } from '../connection/nats-connection.js';
import { natsError } from '../connection/as-nats-error.js';

const BUCKET = 'TWINLANE_NODES';
const SUBJECT = 'twinlane.nodes';

/** What a node says to all others that listen. */
interface Said {
  /** An incarnation. */
  readonly node: string;
  /** Null: it ends. */
  readonly record: RelayNode | null;
}

interface Heard {
  readonly record: RelayNode;
  /** By this machine's clock, in ms (`elapsed`). */
  at: number;
}

export interface NodesOptions {
  /** A node that has not said anything for this long is gone, in ms. */
  readonly nodeTtlMs: number;
}

/** Told of nodes by their incarnations. */
export interface NodesObserver {
  came(node: string): void;
  /** It is not there any more. */
  gone(node: string, how: NodeEnd): void;
}

/** Times that a node says that it lives, within the time after which it is gone. */
const SAYINGS = 3;

/**
 * The relay nodes that live: each writes itself down every few seconds, in a bucket that forgets what is older, and says so to all that
 * listen, which they hear also when JetStream does not answer. While that is so nobody counts as gone. A node is named by its incarnation,
 * which no other process ever has.
 */
export class Nodes {
  private readonly log = new Logger(Nodes.name);
  private readonly heard = new Map<string, Heard>();
  private readonly watch: BucketWatch;
  private readonly subscription: Subscription;
  private readonly everyMs: number;
  private readonly unwatch: () => void;
  private timer: Timer | undefined;
  private isOver = false;
  private lastRound: number;

  private constructor(
    /** The incarnation of this one. */
    readonly self: string,
    private readonly connection: NatsConnection,
    private readonly bucket: KV,
    private readonly clock: Clock,
    private readonly options: NodesOptions,
    private readonly describe: () => RelayNode,
    private readonly observer: NodesObserver,
  ) {
    this.everyMs = options.nodeTtlMs / SAYINGS;
    this.lastRound = clock.elapsed();
    this.watch = new BucketWatch(connection, bucket, clock, (entry) => this.told(entry));
    this.subscription = connection.core.subscribe(SUBJECT, {
      callback: (error, message) => (error ? this.failed(error) : this.hear(message)),
    });
    this.unwatch = connection.watch((state) => {
      if (state !== 'connected') return;
      this.allowAll();
      this.round();
    });
  }

  /**
   * @param describe what this node says of itself
   * @throws NatsError
   */
  static async open(
    self: string,
    connection: NatsConnection,
    clock: Clock,
    options: NodesOptions,
    describe: () => RelayNode,
    observer: NodesObserver,
  ): Promise<Nodes> {
    const bucket = await connection.bucket(BUCKET, { ttlMs: options.nodeTtlMs });
    const nodes = new Nodes(self, connection, bucket, clock, options, describe, observer);
    await connection.patiently(() => bucket.put(self, JSON.stringify(describe())));
    nodes.next();
    return nodes;
  }

  /** As they said last. */
  get all(): readonly RelayNode[] {
    return [...this.heard.values()].map(({ record }) => record);
  }

  /** Whether it was heard of lately, as far as this node knows. */
  isHeard(node: string): boolean {
    return node === this.self || this.heard.has(node);
  }

  /** Whether it has said that it stops. */
  isDraining(node: string): boolean {
    return this.heard.get(node)?.record.state === 'draining';
  }

  /** Whether it has missed at least one of its times. */
  isSilent(node: string): boolean {
    const heard = this.heard.get(node);
    return !heard || this.clock.elapsed() - heard.at > 1.5 * this.everyMs;
  }

  /** Whether a node lives no more, by what NATS knows. @throws when NATS does not answer */
  async isGone(node: string): Promise<boolean> {
    if (this.isHeard(node)) return false;
    return (await this.connection.ask(() => this.bucket.get(node)))?.operation !== 'PUT';
  }

  /** Says now what has changed. @throws NatsError when it could not be written down */
  async say(): Promise<void> {
    const record = this.describe();
    this.tell(record);
    await this.connection.ask(() => this.bucket.put(this.self, JSON.stringify(record)));
  }

  /** This node ends: its homes are anybody's at once. Never rejects. */
  async leave(): Promise<void> {
    this.isOver = true;
    this.timer?.cancel();
    this.unwatch();
    this.watch.stop();
    this.subscription.unsubscribe();
    if (this.connection.state === 'away') return;
    this.tell(null);
    await this.connection.ask(() => this.bucket.delete(this.self)).catch((error: unknown) => this.failed(error));
  }

  private told({ key, operation, value }: KvWatchEntry): void {
    if (operation !== 'PUT') return this.lost(key, 'left');
    this.lives(key, JSON.parse(Buffer.from(value).toString()) as RelayNode);
  }

  private tell(record: RelayNode | null): void {
    if (this.connection.state === 'away') return;
    const said: Said = { node: this.self, record };
    this.connection.core.publish(SUBJECT, JSON.stringify(said));
  }

  private hear(message: Msg): void {
    const { node, record } = message.json<Said>();
    if (record) this.lives(node, record);
    else this.lost(node, 'left');
  }

  private lives(node: string, record: RelayNode): void {
    const isNew = !this.heard.has(node);
    this.heard.set(node, { record, at: this.clock.elapsed() });
    if (isNew) this.observer.came(node);
  }

  private next(): void {
    this.timer?.cancel();
    if (!this.isOver) this.timer = this.clock.after(this.everyMs, () => this.round());
  }

  private round(): void {
    this.next();
    const now = this.clock.elapsed();
    // This process stalled or slept: what others said meanwhile is still to be read.
    if (now - this.lastRound > 2 * this.everyMs) this.allowAll();
    this.lastRound = now;
    if (this.connection.state === 'away') return;
    this.say().then(
      () => {
        this.connection.answers(true);
        this.look();
      },
      (error: unknown) => {
        this.connection.answers(false);
        this.failed(error);
      },
    );
  }

  /** JetStream answers: who has said nothing for too long is gone. */
  private look(): void {
    const since = this.clock.elapsed() - this.options.nodeTtlMs;
    for (const [node, { at }] of this.heard) if (at < since && node !== this.self) this.lost(node, 'silent');
  }

  /** Nobody could be heard meanwhile: all have their time from now on. */
  private allowAll(): void {
    for (const heard of this.heard.values()) heard.at = this.clock.elapsed();
  }

  private lost(node: string, how: NodeEnd): void {
    const heard = this.heard.get(node);
    if (!heard) return;
    this.heard.delete(node);
    if (node !== this.self) this.report(heard.record, how);
    this.observer.gone(node, how);
  }

  private report({ id, name }: RelayNode, how: NodeEnd): void {
    if (how === 'left') return this.log.log(`The node ${name} has left.`, { node: id });
    const { nodeTtlMs } = this.options;
    this.log.warn(`The node ${name} has said nothing for ${nodeTtlMs} ms, and counts as gone.`, { node: id });
  }

  private failed(error: unknown): void {
    this.log.debug(natsError(error, this.connection.where).message);
  }
}
