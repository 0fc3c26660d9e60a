import { nanos } from '@nats-io/transport-node';
import type { Clock } from '../../../protocol/index.js';
import type { OpenHistory } from '../../routing/open-history.js';
import type { HistoryObserver } from './history/history-observer.js';
import { eventsOf, recordsOf } from './history/history-subjects.js';
import type { JetStreamHistoryOptions } from './history/history.options.js';
import { type HistoryStreams, JetStreamHistories } from './history/jetstream-histories.js';
import { JetStreamHistoryStream } from './history/jetstream-history-stream.js';
import type { NatsConnection } from './nats-connection.js';

/** Any one part of a subject. */
const ANY = '*';

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
  const partitions = Array.from({ length: options.partitions }, (_, partition) => partition);
  const streams: HistoryStreams[] = [];
  for (const partition of partitions) {
    const events = `TWINLANE_HISTORY_${partition}`;
    const records = `TWINLANE_RECORD_${partition}`;
    const age = options.maxAgeMs === undefined ? {} : { max_age: nanos(options.maxAgeMs) };
    await connection.stream({ name: events, subjects: [`${eventsOf(partition, ANY)}.${ANY}`], ...age });
    await connection.stream({ name: records, subjects: [`${recordsOf(partition, ANY)}.${ANY}`] });
    streams.push({
      events: new JetStreamHistoryStream(connection, events),
      records: new JetStreamHistoryStream(connection, records),
    });
  }
  return new JetStreamHistories({ ...parts, link: connection, streams });
}
