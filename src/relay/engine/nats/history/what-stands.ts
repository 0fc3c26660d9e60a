import type { Journal } from '../../../../journal/index.js';
import type { HistoryStream, StoredMessage } from './history-stream.js';
import type { LeftRuntime } from './runtime-loader.js';
import { isGone, type RuntimeRecord } from './runtime-record.js';

/** A runtime that is left in a journal of this node, and where it lies in the stream. */
export interface LeftAt extends LeftRuntime {
  readonly subject: string;
  readonly record: RuntimeRecord | undefined;
}

/**
 * Whether what is left of a runtime is still what the stream has up to there: else it is loaded from the beginning. Other homes may
 * have gone on, forgotten or removed it meanwhile, and NATS may have lost the newest messages, and used their sequences again.
 */
export async function stands(events: HistoryStream, journal: Journal, left: LeftAt): Promise<boolean> {
  const { runtime, newest, subject, record } = left;
  const [head] = journal.read(runtime, newest.position - 1, 1);
  // What is kept by name only a record knows, up to where it goes.
  if (!head || !record || record.sequence < newest.sequence || isGone(record, head.epoch, head.through)) return false;
  const last = await events.last(subject);
  if (!last || last.sequence < record.sequence) return false;
  const then = last.sequence === newest.sequence ? last : await events.get(newest.sequence);
  return then?.subject === subject && isSame(then, journal, left);
}

function isSame({ label }: StoredMessage, journal: Journal, { runtime, newest }: LeftRuntime): boolean {
  if (!label?.events || label.term !== newest.term || label.part !== label.parts) return false;
  const { head } = journal.bounds(runtime);
  return head === newest.position && journal.find(runtime, label.events.epoch, label.events.last) === head;
}
