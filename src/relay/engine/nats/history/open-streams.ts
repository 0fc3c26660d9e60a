import { JetStreamApiCodes, JetStreamApiError, type StreamConfig } from '@nats-io/jetstream';
import type { NatsConnection } from '../connection/nats-connection.js';
import { NatsError } from '../connection/nats.error.js';
import type { HistoryStreams } from './jetstream-histories.js';
import { JetStreamHistoryStream } from './jetstream-history-stream.js';
import { eventsOf, recordsOf } from './history-subjects.js';
import type { JetStreamHistoryOptions } from './history.options.js';

const NS_PER_MS = 1e6;
/** ms in which a message with the same id is the same; JetStream wants no more than the age. */
const DUPLICATES_MS = 120_000;
const EVENTS = 'TWINLANE_HISTORY';
const RECORDS = 'TWINLANE_RECORDS';

/**
 * The streams of all partitions, made where they are missing.
 *
 * @throws NatsError, also where they were made for another number of partitions
 */
export async function openHistoryStreams(
  connection: NatsConnection,
  { partitions, maxAgeMs }: JetStreamHistoryOptions,
): Promise<HistoryStreams[]> {
  await assertPartitions(connection, partitions);
  const opened: HistoryStreams[] = [];
  for (let partition = 0; partition < partitions; partition++) {
    const events = `${EVENTS}_${partition}`;
    const records = `${RECORDS}_${partition}`;
    const description = descriptionOf(partitions);
    const age = maxAgeMs ?? 0;
    const duplicates = age === 0 ? DUPLICATES_MS : Math.min(DUPLICATES_MS, age);
    await connection.stream({
      name: events,
      subjects: [eventsOf(partition, '>')],
      description,
      max_age: age * NS_PER_MS,
      duplicate_window: duplicates * NS_PER_MS,
    });
    await connection.stream({ name: records, subjects: [recordsOf(partition, '>')], description });
    opened.push({
      events: new JetStreamHistoryStream(connection, events),
      records: new JetStreamHistoryStream(connection, records),
    });
  }
  return opened;
}

/** The first stream says how many there are: an environment would be looked for in another one. */
async function assertPartitions(connection: NatsConnection, wanted: number): Promise<void> {
  const known = await connection.patiently(() => configOf(connection, `${EVENTS}_0`));
  if (!known || known.description === descriptionOf(wanted)) return;
  throw new NatsError(
    `NATS at ${connection.where} keeps histories in ${known.description}, not in ${descriptionOf(wanted)}: set the number that it was set up with.`,
  );
}

function descriptionOf(partitions: number): string {
  return partitions === 1 ? '1 partition' : `${partitions} partitions`;
}

async function configOf(connection: NatsConnection, name: string): Promise<StreamConfig | undefined> {
  try {
    return (await connection.manager.streams.info(name)).config;
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === JetStreamApiCodes.StreamNotFound) return undefined;
    throw error;
  }
}
