import type { Journal } from '../journal/index.js';
import { type Frame, isRecord, type Runtime } from '../protocol/index.js';

/**
 * Entries at a journal's end that are looked through. The ledger hears of an end as soon as the journal has it, so only
 * the last moments before a process was killed can be missing there.
 */
const LOOK_BACK = 1_000;

/** Ids of turns and approvals whose end an earlier process has told, by what is kept of a runtime's journal. */
export function toldBefore(journal: Journal, runtime: Runtime): ReadonlySet<string> {
  const { oldest, head } = journal.bounds(runtime);
  const told = new Set<string>();
  for (const { type, frame } of journal.read(runtime, Math.max(oldest - 1, head - LOOK_BACK), LOOK_BACK)) {
    const field = ID_FIELDS[type];
    const event: unknown = field === undefined || frame === undefined ? undefined : JSON.parse(frame);
    const id = field !== undefined && isRecord(event) ? event[field] : undefined;
    if (typeof id === 'string') told.add(id);
  }
  return told;
}

/** The events that tell an end, and the field that says whose. */
const ID_FIELDS: Readonly<Record<Frame['type'], string>> = {
  turn_finished: 'turn_id',
  control_request_resolved: 'request_id',
};
