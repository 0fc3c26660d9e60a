import type { Deque } from './deque.js';
import { Runs } from './journal-runs.js';
import type { StoredEpoch } from './journal-reader.js';
import { sqlText, sqlTextOrNull } from './sql-text.js';
import type { HeldEntry, StoredLog } from './stored-log.js';

/** How a log lies on disk once a group is committed. */
export type WrittenLog = StoredLog['written'];

interface OverName {
  readonly log: StoredLog;
  readonly name: string;
  readonly since: number;
}

/** What goes to the disk in one transaction. */
export interface Group {
  readonly sql: string;
  /** Entries from the front of what is unwritten. */
  readonly count: number;
  readonly logs: ReadonlyMap<StoredLog, WrittenLog>;
  /** What of `StoredLog.over` it tells the disk. */
  readonly over: readonly OverName[];
}

/** Frames of one group (UTF-16 units); a larger frame is a group of its own. */
const MAX_GROUP_BYTES = 256 * 1024;

/**
 * One transaction out of what waits. A log's row never says more than the entries beside it: what is dropped or appended
 * beyond the group follows with the next.
 *
 * @param changed logs whose row, or what is dropped of them, has to be written too
 */
export function groupOf(unwritten: Deque<HeldEntry>, changed: Iterable<StoredLog>): Group {
  const logs = new Map<StoredLog, WrittenLog>();
  for (const log of changed) logs.set(log, { ...log.written });
  /** Only its newest entry says something of an epoch. */
  const epochs = new Map<StoredEpoch, HeldEntry>();
  const runs = new Runs();
  const kept = new Map<string, string>();
  let bytes = 0;
  let count = 0;
  for (let next = unwritten.at(0); next && (count === 0 || bytes < MAX_GROUP_BYTES); next = unwritten.at(++count)) {
    const { log, entry } = next;
    let written = logs.get(log);
    if (!written) logs.set(log, (written = { ...log.written }));
    written.head = entry.position;
    written.total = next.total;
    epochs.set(next.span, next);
    bytes += entry.frame?.length ?? 0;
    if (next.keep !== undefined || next.drop !== undefined) keepOf(next, kept);
    if (entry.position >= log.oldest) runs.add(next);
  }
  for (const [log, written] of logs) {
    written.oldest = Math.min(log.oldest, written.head + 1);
    written.ordinal = log.firstOrdinal;
  }
  const over = [...logs].flatMap(overOf);
  const rows = runs.rows();
  const statements = [
    'BEGIN IMMEDIATE',
    upsert(LOGS, [...logs].map(logRow)),
    upsert(EPOCHS, [...epochs.values()].flatMap(epochRow)),
    rows === '' ? '' : `INSERT OR REPLACE INTO entries VALUES ${rows}`,
    ...[...logs].flatMap(goneOf),
    ...kept.values(),
    ...over.map(({ log, name }) => deleteKept(log, name)),
    ...[...logs].flatMap(removedOf),
    'COMMIT',
  ];
  let sql = '';
  for (const statement of statements) if (statement !== '') sql += `${statement};`;
  return { sql, count, logs, over };
}

const LOGS = [
  'INSERT INTO logs(id,scope,agent,conversation,oldest,head,dropped,total,released,turn) VALUES ',
  ' ON CONFLICT(id) DO UPDATE SET oldest=excluded.oldest,head=excluded.head,dropped=excluded.dropped,' +
    'total=excluded.total,released=excluded.released,turn=excluded.turn',
] as const;
const EPOCHS = [
  'INSERT INTO epochs VALUES ',
  ' ON CONFLICT(log,ordinal) DO UPDATE SET last_position=excluded.last_position,last_seq=excluded.last_seq',
] as const;

function upsert([head, tail]: readonly [string, string], rows: readonly string[]): string {
  return rows.length > 0 ? `${head}${rows.join(',')}${tail}` : '';
}

function logRow([log, { oldest, head, total }]: readonly [StoredLog, WrittenLog]): string {
  const { id, scope, runtime, turn } = log;
  const names = `${sqlText(scope)},${sqlTextOrNull(runtime.agent_id)},${sqlText(runtime.conversation_id)}`;
  const dropped = Math.min(log.dropped, total);
  const released = Math.min(log.released, head);
  return `(${id},${names},${oldest},${head},${dropped},${total},${released},${turn})`;
}

/** Nothing of an epoch that is not known any more. */
function epochRow({ log, span, entry: { position, through } }: HeldEntry): string[] {
  const { ordinal, epoch, first, firstSeq } = span;
  if (ordinal < log.firstOrdinal) return [];
  return [`(${log.id},${ordinal},${sqlText(epoch)},${first},${firstSeq},${position},${through})`];
}

/** What is on disk of a log and no longer kept. */
function goneOf([log, { oldest, ordinal }]: readonly [StoredLog, WrittenLog]): string[] {
  const gone: string[] = [];
  if (oldest > log.written.oldest)
    gone.push(`DELETE FROM entries WHERE log=${log.id} AND position<${oldest} AND position+count<=${oldest}`);
  if (ordinal > log.written.ordinal) gone.push(`DELETE FROM epochs WHERE log=${log.id} AND ordinal<${ordinal}`);
  return gone;
}

/** What waits of it beyond this group would bring it back: only the last group removes it. */
function removedOf([{ id, isRemoved, head: end }, { head }]: readonly [StoredLog, WrittenLog]): string[] {
  if (!isRemoved || head < end) return [];
  const ofLog = ['entries', 'epochs', 'kept'].map((table) => `DELETE FROM ${table} WHERE log=${id}`);
  return [...ofLog, `DELETE FROM logs WHERE id=${id}`];
}

/** Only once the disk has everything that came before: an entry that keeps the name must not come after its end. */
function overOf([log, { head }]: readonly [StoredLog, WrittenLog]): OverName[] {
  return [...log.over].filter(([, since]) => since <= head).map(([name, since]) => ({ log, name, since }));
}

function deleteKept({ id }: StoredLog, name: string): string {
  return `DELETE FROM kept WHERE log=${id} AND name=${sqlText(name)}`;
}

/** Only the last word on a name goes to the disk. */
function keepOf({ log, keep, keepText, drop, entry }: HeldEntry, kept: Map<string, string>): void {
  const { id } = log;
  const { position } = entry;
  const frame = keepText ?? entry.frame;
  if (drop !== undefined) kept.set(`${id} ${drop}`, deleteKept(log, drop));
  if (keep !== undefined && frame !== undefined)
    kept.set(
      `${id} ${keep}`,
      `INSERT OR REPLACE INTO kept VALUES (${id},${sqlText(keep)},${position},${sqlText(frame)})`,
    );
}
