import { Logger } from '@nestjs/common';
import type { Subscription } from '@nats-io/transport-node';
import type { Gone } from '../../../environments/changed-environments.js';
import type { SupersededNews } from '../../../environments/superseded-listeners.js';
import type { ScopedEnvironment } from '../../engine.js';
import type { NatsConnection } from '../connection/nats-connection.js';
import { natsError } from '../connection/as-nats-error.js';

/** What a node tells all others at once. */
export type News =
  /** An environment has registered; with `gone`, it was deleted or has another name. */
  | { readonly kind: 'environment'; readonly id: string; readonly gone?: Gone | undefined }
  /** An environment was deleted: nobody has a reason to be there any more. */
  | { readonly kind: 'deleted'; readonly id: string }
  /** An environment has registered under this name, perhaps another one than before. */
  | { readonly kind: 'named'; readonly environment: ScopedEnvironment }
  | { readonly kind: 'superseded'; readonly news: SupersededNews };

interface Told {
  /** An incarnation. */
  readonly from: string;
  readonly news: News;
}

const SUBJECT = 'twinlane.news';

/** What nodes tell each other, and nobody keeps: who is away from NATS misses it. */
export class NodeNews {
  private readonly log = new Logger(NodeNews.name);
  private readonly subscription: Subscription;

  /** @param self the incarnation of this node: what it says itself it is not told */
  constructor(
    private readonly self: string,
    private readonly connection: NatsConnection,
    hear: (news: News) => void,
  ) {
    this.subscription = connection.core.subscribe(SUBJECT, {
      callback: (error, message) => {
        if (error) return this.failed(error);
        const { from, news } = message.json<Told>();
        if (from !== self) hear(news);
      },
    });
  }

  /** Never throws. */
  tell(news: News): void {
    try {
      const told: Told = { from: this.self, news };
      this.connection.core.publish(SUBJECT, JSON.stringify(told));
    } catch (error) {
      this.failed(error);
    }
  }

  stop(): void {
    this.subscription.unsubscribe();
  }

  private failed(error: unknown): void {
    this.log.warn(natsError(error, this.connection.where).message);
  }
}
