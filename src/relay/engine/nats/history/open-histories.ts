import type { Clock } from '../../../../protocol/index.js';
import type { OpenHistory } from '../../../routing/open-history.js';
import type { HistoryObserver } from './history-observer.js';
import type { JetStreamHistoryOptions } from './history.options.js';
import { JetStreamHistories } from './jetstream-histories.js';
import { openHistoryStreams } from './open-streams.js';
import type { NatsConnection } from '../connection/nats-connection.js';

export interface OpenHistoriesParts {
  readonly connection: NatsConnection;
  readonly openCache: OpenHistory;
  readonly options: JetStreamHistoryOptions;
  readonly clock: Clock;
  readonly observer: HistoryObserver;
}

/** The histories that all nodes share, in streams that are made where they are missing. @throws NatsError */
export async function openHistories(parts: OpenHistoriesParts): Promise<JetStreamHistories> {
  const { connection, options } = parts;
  const streams = await openHistoryStreams(connection, options);
  return new JetStreamHistories({ ...parts, link: connection, streams });
}
