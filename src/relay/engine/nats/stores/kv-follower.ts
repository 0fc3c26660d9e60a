import { Logger } from '@nestjs/common';
import type { SeqMsgRequest } from '@nats-io/jetstream';
import type { Subscription } from '@nats-io/transport-node';
import type { Clock, Timer } from '../../../../protocol/index.js';
import type { NatsConnection } from '../connection/nats-connection.js';

/** It looks this often, in ms, whatever it has heard: how late a change may be told, while NATS is there. */
const LOOK_MS = 1_000;
/**
 * Changes that are told once more at the beginning, and after each time that NATS was away: somebody may be on the way in whose record was
 * read before they were written, and a server that was killed may have given their numbers again.
 */
const TOLD_AGAIN = 1_000;

/**
 * Tells how records under some keys of a bucket change, from its beginning on and a little before, of each at least the newest value. It asks for the next change
 * behind the last one that it told, so that nothing is lost with a consumer, a connection or a server; that something is written it hears at
 * once. Removals are not told.
 */
export class KvFollower<T> {
  private readonly log = new Logger(KvFollower.name);
  private readonly subject: string;
  private readonly stream: string;
  private subscription: Subscription | undefined;
  private unwatch: (() => void) | undefined;
  private timer: Timer | undefined;
  private looking: Promise<void> | undefined;
  private isWanted = false;
  private hasEnded = false;
  private isFailing = false;
  /** Revision of the next change. */
  private next = 1;

  /** @param keys of the bucket, with `*` and `>` as subjects have them */
  constructor(
    private readonly connection: NatsConnection,
    bucket: string,
    keys: string,
    private readonly clock: Clock,
    private readonly tell: (value: T) => void,
  ) {
    this.subject = `$KV.${bucket}.${keys}`;
    this.stream = `KV_${bucket}`;
  }

  /** What is written after this resolved is told. @throws NatsError */
  async begin(): Promise<void> {
    this.next = (await this.connection.patiently(() => this.lastRevision())) + 1;
    this.goBack();
    this.subscription = this.connection.core.subscribe(this.subject, { callback: () => this.look() });
    this.unwatch = this.connection.watch((state) => {
      if (state !== 'connected') return;
      this.goBack();
      this.look();
    });
    this.look();
    this.arm();
  }

  /** Resolves when nothing more is told. */
  async end(): Promise<void> {
    this.hasEnded = true;
    this.subscription?.unsubscribe();
    this.unwatch?.();
    this.timer?.cancel();
    await this.looking;
  }

  private goBack(): void {
    this.next = Math.max(1, this.next - TOLD_AGAIN);
  }

  private look(): void {
    this.isWanted = true;
    this.looking ??= this.catchUp().finally(() => (this.looking = undefined));
  }

  /** Never rejects. */
  private async catchUp(): Promise<void> {
    while (this.isWanted && !this.hasEnded && this.connection.state === 'connected') {
      this.isWanted = false;
      try {
        await this.refuseGap();
        await this.tellAll();
        this.isFailing = false;
      } catch (error) {
        if (!this.isFailing && this.connection.state === 'connected')
          this.log.warn(`What other nodes change is known late here: ${String(error)}`);
        this.isFailing = true;
      }
    }
  }

  private async tellAll(): Promise<void> {
    while (!this.hasEnded) {
      const query: SeqMsgRequest & { next_by_subj: string } = { seq: this.next, next_by_subj: this.subject };
      const message = await this.connection.ask(() => this.connection.manager.streams.getMessage(this.stream, query));
      if (!message) return;
      this.next = message.seq + 1;
      if (message.data.length > 0) this.tell(message.json<T>());
    }
  }

  /** A server that was killed may have lost its newest records: numbers are given again then, and everything is told once more. */
  private async refuseGap(): Promise<void> {
    if (this.next > (await this.lastRevision()) + 1) this.next = 1;
  }

  private async lastRevision(): Promise<number> {
    return (await this.connection.ask(() => this.connection.manager.streams.info(this.stream))).state.last_seq;
  }

  private arm(): void {
    this.timer = this.clock.after(LOOK_MS, () => {
      this.look();
      this.arm();
    });
  }
}
