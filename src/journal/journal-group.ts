import type { Deque } from './deque.js';
import type { StoredEpoch } from './journal-reader.js';
import type { LoggedEntry } from './recent-entries.js';
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
const MAX_GROUP_BYTES = 1024 * 1024;

/**
 * One transaction out of what waits. A log's row never says more than the entries beside it: what is dropped or appended
 * beyond the group follows with the next.
 *
 * @param changed logs whose row, or what is dropped of them, has to be written too
 */
export function groupOf(unwritten: Deque<LoggedEntry>, changed: Iterable<StoredLog>): Group {
  const logs = new Map<StoredLog, WrittenLog>();
  for (const log of changed) logs.set(log, { ...log.written });
  /** Only its newest entry says something of an epoch. */
  const epochs = new Map<StoredEpoch, LoggedEntry>();
  const entries: string[] = [];
  const kept = new Map<string, string>();
  let bytes = 0;
  let count = 0;
  for (let next = unwritten.at(0); next && (count === 0 || bytes < MAX_GROUP_BYTES); next = unwritten.at(++count)) {
    const { log, entry } = next;
    const written = logs.get(log) ?? { ...log.written };
    written.head = entry.position;
    written.total = entry.total;
    logs.set(log, written);
    epochs.set(entry.epoch, next);
    bytes += entry.frame?.length ?? 0;
    keepOf(log, entry, kept);
    if (entry.position >= log.oldest) entries.push(rowOf(log, entry));
  }
  for (const [log, written] of logs) {
    written.oldest = Math.min(log.oldest, written.head + 1);
    written.ordinal = log.firstOrdinal;
  }
  const over = [...logs].flatMap(overOf);
  const statements = [
    upsert(LOGS, [...logs].map(logRow)),
    upsert(EPOCHS, [...epochs.values()].flatMap(epochRow)),
    entries.length > 0 ? `INSERT OR REPLACE INTO entries VALUES ${entries.join(',')}` : '',
    ...[...logs].flatMap(goneOf),
    ...kept.values(),
    ...over.map(({ log, name }) => deleteKept(log, name)),
  ];
  const sql = `BEGIN IMMEDIATE;${statements.filter((text) => text !== '').join(';')};COMMIT`;
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
function epochRow({ log, entry: { epoch: span, position, through } }: LoggedEntry): string[] {
  const { ordinal, epoch, first, firstSeq } = span;
  if (ordinal < log.firstOrdinal) return [];
  return [`(${log.id},${ordinal},${sqlText(epoch)},${first},${firstSeq},${position},${through})`];
}

function rowOf({ id }: StoredLog, entry: HeldEntry): string {
  const { position, epoch, seq, through, total, at, type, frame } = entry;
  return `(${id},${position},${epoch.ordinal},${seq},${through},${total},${at},${sqlText(type)},${sqlTextOrNull(frame)})`;
}

/** What is on disk of a log and no longer kept. */
function goneOf([log, { oldest, ordinal }]: readonly [StoredLog, WrittenLog]): string[] {
  const gone: string[] = [];
  if (oldest > log.written.oldest) gone.push(`DELETE FROM entries WHERE log=${log.id} AND position<${oldest}`);
  if (ordinal > log.written.ordinal) gone.push(`DELETE FROM epochs WHERE log=${log.id} AND ordinal<${ordinal}`);
  return gone;
}

/** Only once the disk has everything that came before: an entry that keeps the name must not come after its end. */
function overOf([log, { head }]: readonly [StoredLog, WrittenLog]): OverName[] {
  return [...log.over].filter(([, since]) => since <= head).map(([name, since]) => ({ log, name, since }));
}

function deleteKept({ id }: StoredLog, name: string): string {
  return `DELETE FROM kept WHERE log=${id} AND name=${sqlText(name)}`;
}

/** Only the last word on a name goes to the disk. */
function keepOf(log: StoredLog, { keep, drop, frame, position }: HeldEntry, kept: Map<string, string>): void {
  const { id } = log;
  if (drop !== undefined) kept.set(`${id} ${drop}`, deleteKept(log, drop));
  if (keep !== undefined && frame !== undefined)
    kept.set(
      `${id} ${keep}`,
      `INSERT OR REPLACE INTO kept VALUES (${id},${sqlText(keep)},${position},${sqlText(frame)})`,
    );
}
