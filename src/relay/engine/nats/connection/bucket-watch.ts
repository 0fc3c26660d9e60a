import { Logger } from '@nestjs/common';
import type { KV, KvWatchEntry } from '@nats-io/kv';
import { sleep, type Clock } from '../../../../protocol/index.js';
import type { NatsConnection } from './nats-connection.js';
import { natsError } from './as-nats-error.js';

/** After a watch that could not begin, in ms. */
const AGAIN_MS = 500;

type Entries = Awaited<ReturnType<KV['watch']>>;

/**
 * Follows a bucket for ever. It begins anew whenever NATS was away, because a server that was restarted knows no watchers: each key is
 * told again then, as it is now.
 */
export class BucketWatch {
  private readonly log = new Logger(BucketWatch.name);
  private entries: Entries | undefined;
  private isOver = false;
  private readonly unwatch: () => void;

  /** @param told of each key, in the order of its writes */
  constructor(
    private readonly connection: NatsConnection,
    private readonly bucket: KV,
    private readonly clock: Clock,
    private readonly told: (entry: KvWatchEntry) => void,
  ) {
    this.unwatch = connection.watch((state) => {
      if (state === 'connected') this.entries?.stop();
    });
    void this.follow();
  }

  stop(): void {
    this.isOver = true;
    this.unwatch();
    this.entries?.stop();
  }

  private async follow(): Promise<void> {
    while (!this.isOver) {
      try {
        this.entries = await this.bucket.watch();
        if (this.isOver) this.entries.stop();
        for await (const entry of this.entries) this.told(entry);
      } catch (error) {
        this.log.debug(natsError(error, this.connection.where).message);
        await sleep(this.clock, AGAIN_MS);
      }
    }
  }
}
