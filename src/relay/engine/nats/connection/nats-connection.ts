import { Logger } from '@nestjs/common';
import {
  jetstream,
  jetstreamManager,
  JetStreamApiCodes,
  JetStreamApiError,
  type JetStreamClient,
  type JetStreamManager,
  type StreamConfig,
  type StreamInfo,
} from '@nats-io/jetstream';
import { Kvm, type KV } from '@nats-io/kv';
import {
  connect,
  nanos,
  type NatsConnection as CoreConnection,
  type NodeConnectionOptions,
} from '@nats-io/transport-node';
import { sleep, type Clock, type Timer } from '../../../../protocol/index.js';
import { parseNatsAddress } from './nats-address.js';
import { isPassing, natsError, withCopies } from './as-nats-error.js';
import { connectionOptions } from './connection-options.js';
import { NatsError } from './nats.error.js';
import type { NatsOptions } from './nats.options.js';

/** While a node waits for NATS at its start, its log says so this often, in ms. */
const SAY_AGAIN_MS = 5_000;
/** Who leads a stream, if somebody does, answers within this time, in ms. */
const LOOK_MS = 1_000;

/** `away`: nothing comes through; whoever waits for an answer waits in vain. */
export type NatsState = 'connected' | 'away';

export interface NatsSettings {
  /** `nats://…`, as `TWINLANE_ENGINE` has it. */
  readonly engine: string;
  /** How servers call the connection. */
  readonly nodeName: string;
  readonly options: NatsOptions;
}

/** What a stream is made with; `num_replicas` comes from the options. */
export type StreamWanted = Partial<Omit<StreamConfig, 'num_replicas'>> & Pick<StreamConfig, 'name' | 'subjects'>;

export interface BucketWanted {
  /** Keys that were not written for this long, in ms, are gone. Default: they stay. */
  readonly ttlMs?: number;
}

/** The one connection of a node. It comes back by itself, for ever; subscriptions of `core` hold over that. */
export class NatsConnection {
  readonly jetstream: JetStreamClient;
  private readonly log = new Logger(NatsConnection.name);
  private readonly watchers = new Set<(state: NatsState) => void>();
  private current: NatsState = 'connected';
  private isClosing = false;
  private isAnswering = true;
  /** A connection that is away knows nothing of its server. */
  private lastPayload: number;

  private constructor(
    /** Subjects without JetStream. What is published while `state` is `away` waits in memory without bound: ask first. */
    readonly core: CoreConnection,
    readonly manager: JetStreamManager,
    /** Addresses of the servers, for messages. */
    readonly where: string,
    private readonly options: NatsOptions,
    private readonly clock: Clock,
    /** Until when NATS is waited for, in ms of the clock (`elapsed`). */
    private readonly until: number,
  ) {
    this.lastPayload = core.info?.max_payload ?? 0;
    this.jetstream = jetstream(core, { timeout: options.answerMs });
    void this.follow();
  }

  /**
   * Connects, and waits for as long as `options.firstConnectMs` says.
   *
   * @throws NatsError when NATS, or its JetStream, is not there by then; NatsAddressError
   */
  static async open({ engine, nodeName, options }: NatsSettings, clock: Clock): Promise<NatsConnection> {
    const address = parseNatsAddress(engine);
    const where = address.servers.join(', ');
    const log = new Logger(NatsConnection.name);
    const wanted = connectionOptions(address, nodeName, options);
    const until = clock.elapsed() + options.firstConnectMs;
    for (let sayAt = 0; ;) {
      try {
        return await NatsConnection.attempt(wanted, where, options, clock, until);
      } catch (cause) {
        const error = natsError(cause, where);
        const now = clock.elapsed();
        if (now >= until) throw error;
        if (now >= sayAt) {
          log.warn(`${error.message} It is tried for ${Math.ceil((until - now) / 1_000)} s more.`);
          sayAt = now + SAY_AGAIN_MS;
        }
        await sleep(clock, options.reconnectMs);
      }
    }
  }

  private static async attempt(
    wanted: NodeConnectionOptions,
    where: string,
    options: NatsOptions,
    clock: Clock,
    until: number,
  ): Promise<NatsConnection> {
    const core = await connect(wanted);
    try {
      const manager = await jetstreamManager(core, { timeout: options.answerMs });
      return new NatsConnection(core, manager, where, options, clock, until);
    } catch (error) {
      await core.close();
      throw error;
    }
  }

  get state(): NatsState {
    return this.current;
  }

  /** Bytes of one message, headers included, that the server takes; while it is away, that it took. */
  get maxPayload(): number {
    this.lastPayload = this.core.info?.max_payload ?? this.lastPayload;
    return this.lastPayload;
  }

  /** Calls `watcher` whenever `state` changes, and with `connected` when JetStream answers again that did not. @returns ends that */
  watch(watcher: (state: NatsState) => void): () => void {
    this.watchers.add(watcher);
    return () => void this.watchers.delete(watcher);
  }

  /**
   * Asks NATS something; fails at once when it is away, or goes away meanwhile: whether what was asked is done is not known then. What is
   * published while it is away would be done when it is back, long after its asker was told that it was not.
   *
   * @throws NatsError
   */
  ask<T>(work: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const isAway = (): void => reject(new NatsError(`NATS at ${this.where} is away.`));
      if (this.current === 'away') return isAway();
      const end = this.watch((state) => state === 'away' && isAway());
      this.saying(work).then(resolve, reject).finally(end);
    });
  }

  /**
   * Told by whoever asks JetStream all the time: servers may be there, and too few of them for JetStream. What it knew before may be less
   * than it was then, and its consumers may be gone.
   */
  answers(isAnswering: boolean): void {
    if (isAnswering === this.isAnswering) return;
    this.isAnswering = isAnswering;
    if (this.current === 'away') return;
    if (!isAnswering)
      return this.log.warn(`JetStream at ${this.where} does not answer: are enough of its servers there?`);
    this.log.log(`JetStream at ${this.where} answers again.`);
    this.tell();
  }

  /** Resolves once NATS is there, at once where it is. @throws NatsError when this was closed */
  async back(): Promise<void> {
    if (this.current === 'connected') return;
    let end = (): void => {};
    const isBack = new Promise<void>((resolve) => (end = this.watch((state) => state === 'connected' && resolve())));
    const isOver = this.core.closed().then(() => {
      throw new NatsError('The connection to NATS was closed.');
    });
    await Promise.race([isBack, isOver]).finally(end);
  }

  /**
   * A bucket, made where it is missing. Reads go to whoever leads it: they show every write that was acknowledged before.
   *
   * @throws NatsError
   */
  async bucket(name: string, { ttlMs }: BucketWanted = {}): Promise<KV> {
    const { replicas, answerMs } = this.options;
    const age = ttlMs === undefined ? {} : { ttl: ttlMs };
    const made = await this.patiently(async () => {
      const bucket = await new Kvm(this.jetstream).create(name, {
        replicas,
        allow_direct: false,
        timeout: answerMs,
        ...age,
      });
      // One that is there stays as it is by that.
      const { config } = this.withCopies((await bucket.status()).streamInfo);
      const maxAge = nanos(ttlMs ?? 0);
      const window = maxAge > 0 ? Math.min(maxAge, config.duplicate_window) : config.duplicate_window;
      const wanted = { num_replicas: replicas, max_age: maxAge, duplicate_window: window };
      if (differs(config, wanted)) await this.manager.streams.update(config.name, { ...config, ...wanted });
      return bucket;
    });
    await this.led(`KV_${name}`);
    return made;
  }

  /**
   * A stream, made where it is missing; one that is there gets what differs.
   *
   * @throws NatsError, also where what differs cannot be changed
   */
  async stream(wanted: StreamWanted): Promise<StreamInfo> {
    const config = { ...wanted, num_replicas: this.options.replicas };
    const { streams } = this.manager;
    const made = await this.patiently(async () => {
      try {
        const info = this.withCopies(await streams.info(wanted.name));
        return differs(info.config, config) ? await streams.update(wanted.name, { ...info.config, ...config }) : info;
      } catch (error) {
        if (!isMissingStream(error)) throw error;
        return streams.add(config);
      }
    });
    await this.led(wanted.name);
    return made;
  }

  /** @throws NatsError where NATS cannot keep as many copies as the options say */
  private withCopies(info: StreamInfo): StreamInfo {
    const { replicas } = this.options;
    const { name, num_replicas: before } = withCopies(info, replicas, this.where).config;
    if (before !== replicas)
      this.log.warn(
        `NATS has kept ${before} copies of ${name}, and is told to keep ${replicas}: TWINLANE_NATS_REPLICAS of this node says so.`,
      );
    return info;
  }

  /** Ends it for good: what was published is sent first, where the server takes it in time. */
  async close(): Promise<void> {
    this.isClosing = true;
    if (this.current === 'connected' && !this.core.isClosed()) await this.drained();
    await this.core.close();
  }

  private async drained(): Promise<void> {
    let late: Timer | undefined;
    const isLate = new Promise<void>((resolve) => (late = this.clock.after(this.options.answerMs, resolve)));
    await Promise.race([this.core.drain(), isLate]).finally(() => late?.cancel());
  }

  /** Resolves once somebody leads a stream: of three servers that have just made it each may, and nobody answers before. @throws NatsError */
  private async led(name: string): Promise<void> {
    const { streams } = await this.patiently(() => jetstreamManager(this.core, { timeout: LOOK_MS, checkAPI: false }));
    await this.patiently(() => streams.getMessage(name, { seq: 1 }));
  }

  /** Tries again what fails because servers have just started, for as long as `options.firstConnectMs` says. @throws NatsError */
  async patiently<T>(work: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await this.saying(work);
      } catch (error) {
        if (this.clock.elapsed() >= this.until || !isPassing(error)) throw error;
        await sleep(this.clock, this.options.reconnectMs);
      }
    }
  }

  private async saying<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (cause) {
      throw natsError(cause, this.where);
    }
  }

  private async follow(): Promise<void> {
    for await (const status of this.core.status()) {
      if (status.type === 'disconnect') this.become('away');
      else if (status.type === 'reconnect') this.become('connected');
      else if (status.type === 'error') this.log.warn(natsError(status.error, this.where).message);
    }
    if (!this.isClosing) this.log.error('The connection to NATS has ended for good: restart this node.');
    this.become('away');
  }

  private become(state: NatsState): void {
    if (state === this.current) return;
    this.current = state;
    if (state === 'connected') this.log.log(`NATS at ${this.where} is back.`);
    else if (!this.isClosing) this.log.warn(`NATS at ${this.where} is away; this goes on trying to reach it.`);
    this.tell();
  }

  private tell(): void {
    for (const watcher of this.watchers)
      try {
        watcher(this.current);
      } catch (error) {
        // The others are to know too.
        this.log.error(error);
      }
  }
}

function isMissingStream(error: unknown): boolean {
  return error instanceof JetStreamApiError && error.code === JetStreamApiCodes.StreamNotFound;
}

function differs(is: StreamConfig, wanted: Partial<StreamConfig>): boolean {
  const current: Readonly<Record<string, unknown>> = { ...is };
  return Object.entries(wanted).some(([name, value]) => JSON.stringify(current[name]) !== JSON.stringify(value));
}
