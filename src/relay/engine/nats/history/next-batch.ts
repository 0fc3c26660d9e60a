import type { Journal, JournalEntry } from '../../../../journal/index.js';
import type { Runtime } from '../../../../protocol/index.js';
import type { UnacknowledgedEntries } from './unacknowledged-entries.js';

/** Entries of one batch. */
const MAX_BATCH_ENTRIES = 1_000;
/** Entries that are read from the cache in one go, where it is not known how large they are. */
const READ_ENTRIES = 64;

/** Entries that follow a position, of one epoch and within a bound, but one at least; none while the cache does not give one back. */
export function nextEntries(
  cache: Journal,
  runtime: Runtime,
  unacknowledged: UnacknowledgedEntries,
  after: number,
  maxBytes: number,
): JournalEntry[] {
  const held = [...take(unacknowledged.heldFrom(after + 1), maxBytes)];
  return held.length > 0 ? held : [...take(cache.read(runtime, after, READ_ENTRIES), maxBytes)];
}

function* take(entries: Iterable<JournalEntry>, maxBytes: number): Iterable<JournalEntry> {
  let first: JournalEntry | undefined;
  let bytes = 0;
  let count = 0;
  for (const entry of entries) {
    first ??= entry;
    bytes += entry.frame?.length ?? 0;
    if (entry !== first && (entry.epoch !== first.epoch || bytes > maxBytes || count >= MAX_BATCH_ENTRIES)) return;
    count++;
    yield entry;
  }
}
