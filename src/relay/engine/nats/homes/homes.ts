import type { KV, KvWatchEntry } from '@nats-io/kv';
import { sleep, type Clock } from '../../../../protocol/index.js';
import type { PresenceRecord } from '../../../environments/presence.js';
import type { DeviceFacts } from '../../../routing/device-facts.js';
import { BucketWatch } from '../connection/bucket-watch.js';
import { KvRecords } from '../stores/kv-records.js';
import type { NatsConnection } from '../connection/nats-connection.js';

const BUCKET = 'TWINLANE_HOMES';
/** In place of a node, where an environment has no home. */
const NOWHERE = '';

/** What every node shows of an environment. */
export interface Shown {
  readonly presence: PresenceRecord | undefined;
  readonly facts: DeviceFacts;
}

/** Where an environment is served, and what its node said of it last. */
export interface HomeRecord extends Shown {
  /** An incarnation; empty: nowhere. */
  readonly node: string;
  /**
   * Higher with each home that the environment has had, also where nothing is known of those any more: what an earlier one still writes is
   * refused.
   */
  readonly term: number;
}

/** Who was asked for, and what was known before. */
export interface Claim {
  /** The incarnation of the node that serves the environment. */
  readonly node: string;
  readonly term: number;
  readonly before: HomeRecord | undefined;
}

export interface HomesObserver {
  /** Another node may have taken this environment over. */
  moved(environmentId: string): void;
  /** What is shown of this environment is not as it was. */
  said(environmentId: string): void;
}

const NOTHING: Shown = { presence: undefined, facts: {} };
const NOWHERE_YET: HomeRecord = { ...NOTHING, node: NOWHERE, term: 0 };

/**
 * Which node serves which environment, in a bucket that all nodes share: a claim is one compare-and-set, so that there is one home at
 * any time.
 */
export class Homes {
  private readonly known = new Map<string, HomeRecord>();
  /** Who waits for news of an environment. */
  private readonly waiting = new Map<string, Set<AbortController>>();
  private readonly watch: BucketWatch;

  private constructor(
    /** The incarnation of this node. */
    readonly self: string,
    connection: NatsConnection,
    bucket: KV,
    private readonly records: KvRecords,
    private readonly clock: Clock,
    private readonly observer: HomesObserver,
  ) {
    this.watch = new BucketWatch(connection, bucket, clock, (entry) => this.told(entry));
  }

  /**
   * @param self the incarnation of this node
   * @throws NatsError
   */
  static async open(self: string, connection: NatsConnection, clock: Clock, observer: HomesObserver): Promise<Homes> {
    const records = await KvRecords.open(connection, BUCKET);
    return new Homes(self, connection, await connection.bucket(BUCKET), records, clock, observer);
  }

  /** As its home said last, perhaps a moment ago. */
  shown(environmentId: string): HomeRecord | undefined {
    return this.known.get(environmentId);
  }

  /** Those of which something was said. */
  get ids(): readonly string[] {
    return [...this.known.keys()];
  }

  /** Resolves when something was said of an environment, after so many ms at the latest. */
  async news(environmentId: string, withinMs: number): Promise<void> {
    const told = new AbortController();
    const waiting = this.waiting.get(environmentId) ?? new Set();
    this.waiting.set(environmentId, waiting.add(told));
    await sleep(this.clock, withinMs, told.signal);
    waiting.delete(told);
    if (waiting.size === 0) this.waiting.delete(environmentId);
  }

  /** Environments whose home was a node, by what was said last. */
  servedBy(node: string): readonly string[] {
    return [...this.known].filter(([, record]) => record.node === node).map(([environmentId]) => environmentId);
  }

  /** @throws RelayError ENGINE_AWAY */
  async nodeOf(environmentId: string): Promise<string | undefined> {
    const record = (await this.records.get<HomeRecord>(environmentId))?.value;
    return record?.node || undefined;
  }

  /**
   * Takes an environment that has no home; else says where that is.
   *
   * @param gone a node that lives no more: what it had is free
   * @throws RelayError ENGINE_AWAY
   */
  claim(environmentId: string, gone?: string): Promise<Claim> {
    return this.records.change<HomeRecord, Claim>(environmentId, (before) => {
      const { node, term, ...shown } = before ?? NOWHERE_YET;
      const isFree = node === NOWHERE || node === gone;
      if (!isFree) return { value: undefined, result: { node, term, before } };
      // A record that was deleted, or lost by NATS, must not bring a term back.
      const mine = { node: this.self, term: Math.max(term + 1, this.clock.now()) };
      return { value: { ...shown, ...mine }, result: { ...mine, before } };
    });
  }

  /** Writes down what is to be shown of an environment. @returns false: its home is another one. @throws RelayError ENGINE_AWAY */
  say(environmentId: string, shown: Shown): Promise<boolean> {
    return this.write(environmentId, shown, this.self);
  }

  /** It has no home any more. @throws RelayError ENGINE_AWAY */
  async give(environmentId: string, shown: Shown): Promise<void> {
    await this.write(environmentId, shown, NOWHERE);
  }

  /** It was deleted. @throws RelayError ENGINE_AWAY */
  async remove(environmentId: string): Promise<void> {
    // Who watches does not hear of what is only taken away.
    await this.give(environmentId, NOTHING);
    const kept = await this.records.get<HomeRecord>(environmentId);
    if (kept?.value.node === NOWHERE) await this.records.remove(environmentId, kept.revision);
  }

  stop(): void {
    this.watch.stop();
  }

  private write(environmentId: string, shown: Shown, node: string): Promise<boolean> {
    return this.records.change<HomeRecord, boolean>(environmentId, (current) =>
      current?.node === this.self
        ? { value: { ...shown, node, term: current.term }, result: true }
        : { value: undefined, result: false },
    );
  }

  private told(entry: KvWatchEntry): void {
    this.learn(entry);
    for (const told of this.waiting.get(entry.key) ?? []) told.abort();
  }

  private learn({ key, operation, value }: KvWatchEntry): void {
    if (operation !== 'PUT') {
      if (this.known.delete(key)) this.observer.said(key);
      return;
    }
    const text = Buffer.from(value).toString();
    // After NATS was away each is told once more.
    const isNew = text !== JSON.stringify(this.known.get(key));
    const record = JSON.parse(text) as HomeRecord;
    if (isNothing(record)) this.known.delete(key);
    else this.known.set(key, record);
    if (isNew) this.observer.said(key);
    if (record.node !== this.self) this.observer.moved(key);
  }
}

/** What is written before a record is taken away, which nobody is told. */
function isNothing({ node, presence, facts }: HomeRecord): boolean {
  return node === NOWHERE && presence === undefined && Object.keys(facts).length === 0;
}
