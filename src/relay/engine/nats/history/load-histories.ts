import type { Journal } from '../../../../journal/index.js';
import type { Runtime } from '../../../../protocol/index.js';
import type { HistoryStream, StoredMessage } from './history-stream.js';
import type { HistorySubjects } from './history-subjects.js';
import { PartJoiner } from './message-parts.js';
import { readable } from './readable.js';
import { readOn, readWhole } from './read-whole.js';
import { type LeftRuntime, RuntimeLoader, type StreamPlace } from './runtime-loader.js';
import { decodeRecord, type RuntimeRecord } from './runtime-record.js';
import { stands } from './what-stands.js';

/** From where histories are loaded, and what is kept there. */
export interface HistorySource {
  readonly events: HistoryStream;
  readonly records: HistoryStream;
  /** What is older the stream has let go of, in ms; undefined: nothing goes for its age. */
  readonly maxAgeMs: number | undefined;
  /** Told of what cannot be read: it is left out. */
  unreadable(error: Error): void;
}

export interface LoadedRuntime {
  readonly runtime: Runtime;
  readonly place: StreamPlace;
}

interface FoundRecord {
  readonly record: RuntimeRecord | undefined;
  readonly sequence: number;
}

/** What is appended in one go (UTF-16 units of the data), before the journal must have written it. */
const UNWRITTEN_BYTES = 4 * 1024 * 1024;

/**
 * Brings all that the streams have of an environment into a journal: what is left there from an earlier home at this node stays as far
 * as it is what the streams have, anything else goes.
 *
 * @param now epoch ms
 */
export async function loadHistories(
  { events, records, maxAgeMs = Infinity, unreadable }: HistorySource,
  subjects: HistorySubjects,
  journal: Journal,
  now: number,
  left: readonly LeftRuntime[] = [],
): Promise<LoadedRuntime[]> {
  const found = await readRecords(records, subjects, unreadable);
  const standing = await standingOf(events, subjects, journal, found, left);
  for (const runtime of journal.runtimes())
    if (!standing.has(tokenOf(subjects.events(runtime)))) journal.remove(runtime);
  const loaders = new Map<string, RuntimeLoader>();
  const loaderOf = (token: string): RuntimeLoader => {
    const { record, sequence = 0 } = found.get(token) ?? {};
    const loader =
      loaders.get(token) ??
      new RuntimeLoader({ journal, record, recordSequence: sequence, left: standing.get(token), unreadable });
    loaders.set(token, loader);
    return loader;
  };
  const isAged = (token: string): boolean => now - (found.get(token)?.record?.at ?? now) >= maxAgeMs;
  const counted = await events.subjects(subjects.allEvents);
  // Those without events were silent longest.
  const live = new Set([...counted.keys()].map(tokenOf));
  for (const token of found.keys()) if (!live.has(token)) loaderOf(token).finish(isAged(token));
  for (const token of standing.keys()) loaderOf(token);
  let unwritten = 0;
  for await (const message of missing(events, subjects, counted, standing)) {
    const loader = loaderOf(tokenOf(message.subject));
    loader.add(message);
    unwritten += message.data.length;
    if (unwritten < UNWRITTEN_BYTES || !loader.runtime) continue;
    unwritten = 0;
    await written(journal, loader.runtime);
  }
  for (const [token, loader] of loaders) if (live.has(token)) loader.finish(isAged(token));
  const loaded = [...loaders.values()].flatMap(({ runtime, place }) => (runtime ? [{ runtime, place }] : []));
  for (const { runtime } of loaded) await written(journal, runtime);
  return loaded;
}

/** By token: what is left in the journal, and is still what the stream has. */
async function standingOf(
  events: HistoryStream,
  subjects: HistorySubjects,
  journal: Journal,
  found: ReadonlyMap<string, FoundRecord>,
  left: readonly LeftRuntime[],
): Promise<ReadonlyMap<string, LeftRuntime>> {
  const standing = new Map<string, LeftRuntime>();
  await Promise.all(
    left.map(async (runtime) => {
      const subject = subjects.events(runtime.runtime);
      const token = tokenOf(subject);
      const { record } = found.get(token) ?? {};
      if (await stands(events, journal, { ...runtime, subject, record })) standing.set(token, runtime);
    }),
  );
  return standing;
}

/** What the stream has and the journal has not. */
function missing(
  events: HistoryStream,
  { allEvents }: HistorySubjects,
  counted: ReadonlyMap<string, number>,
  standing: ReadonlyMap<string, LeftRuntime>,
): AsyncIterable<StoredMessage> {
  if (standing.size === 0) return readWhole(events, allEvents, counted);
  return readOn(
    events,
    new Map([...counted.keys()].map((subject) => [subject, standing.get(tokenOf(subject))?.newest.sequence ?? 0])),
  );
}

async function readRecords(
  records: HistoryStream,
  { allRecords }: HistorySubjects,
  unreadable: (error: Error) => void,
): Promise<Map<string, FoundRecord>> {
  const joiners = new Map<string, PartJoiner>();
  const found = new Map<string, FoundRecord>();
  for await (const message of readWhole(records, allRecords, await records.subjects(allRecords))) {
    const token = tokenOf(message.subject);
    const joiner = joiners.get(token) ?? new PartJoiner();
    joiners.set(token, joiner);
    const body = joiner.add(message);
    const record = body ? readable(() => decodeRecord(body), unreadable) : found.get(token)?.record;
    found.set(token, { record, sequence: message.sequence });
  }
  return found;
}

async function written(journal: Journal, runtime: Runtime): Promise<void> {
  const { head } = journal.bounds(runtime);
  if (head > 0) await journal.committed(runtime, head);
}

/** Which runtime: the last token of a subject of events or of records. */
function tokenOf(subject: string): string {
  return subject.slice(subject.lastIndexOf('.') + 1);
}
