import type { HistoryStream, StoredMessage } from './history-stream.js';

/**
 * All messages that are there now: those of a subject in the order of their sequences.
 *
 * @param counted how many of each subject there are, by what the leader of the stream knows
 */
export async function* readWhole(
  stream: HistoryStream,
  filter: string,
  counted: ReadonlyMap<string, number>,
): AsyncIterable<StoredMessage> {
  if (counted.size === 0) return;
  const read = new Map<string, { readonly count: number; readonly sequence: number }>();
  for await (const message of stream.read(filter)) {
    const { subject, sequence } = message;
    read.set(subject, { count: (read.get(subject)?.count ?? 0) + 1, sequence });
    yield message;
  }
  const missing = new Map<string, number>();
  for (const [subject, wanted] of counted) {
    const { count = 0, sequence = 0 } = read.get(subject) ?? {};
    // Some are gone meanwhile, or the server that was read from is behind.
    if (count < wanted) missing.set(subject, sequence);
  }
  yield* readOn(stream, missing);
}

/**
 * What follows, up to the newest that the leader of the stream knows; the subject that was silent longest first.
 *
 * @param known by subject: the sequence up to which it is known; 0: nothing
 */
export async function* readOn(stream: HistoryStream, known: ReadonlyMap<string, number>): AsyncIterable<StoredMessage> {
  const found = await Promise.all(
    [...known].map(async ([subject, after]) => ({
      subject,
      from: after + 1,
      through: (await stream.last(subject))?.sequence ?? 0,
    })),
  );
  for (const { subject, from, through } of found.toSorted((a, b) => a.through - b.through))
    if (from <= through) yield* stream.read(subject, { from, through });
}
