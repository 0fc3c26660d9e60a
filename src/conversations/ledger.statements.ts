import type { Database } from '../journal/index.js';

/** Runtimes whose messages and settings outlive a restart, as many as an environment may have (protocol section 5). */
const MAX_RUNTIMES = 1_000;

/**
 * The schema's versions (see `openDatabase`). `number` is the order of acceptance; an input without turn has not started.
 * A runtime is `runtimeKey`, which reads back as JSON.
 */
export const LEDGER_MIGRATIONS: readonly string[] = [
  `CREATE TABLE messages (
     number INTEGER PRIMARY KEY, runtime TEXT NOT NULL, id TEXT NOT NULL, disposition TEXT NOT NULL,
     UNIQUE (runtime, id));
   CREATE INDEX messages_by_age ON messages (runtime, number);
   CREATE TABLE inputs (
     number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, runtime TEXT NOT NULL, messages TEXT NOT NULL,
     enqueued_at TEXT NOT NULL, turn_id TEXT, run_id TEXT);
   CREATE TABLE approvals (number INTEGER PRIMARY KEY, request_id TEXT NOT NULL UNIQUE, input TEXT NOT NULL);
   CREATE INDEX approvals_by_input ON approvals (input);
   CREATE TABLE settings (number INTEGER PRIMARY KEY, runtime TEXT NOT NULL UNIQUE, mode TEXT, cwd TEXT)`,
  // Of inputs that were accepted before nothing is known.
  'ALTER TABLE inputs ADD COLUMN acted INTEGER NOT NULL DEFAULT 1',
];

type Statement = ReturnType<Database['prepare']>;

/** Every statement of the ledger. Each takes its values as one array, in the order of its question marks. */
export interface LedgerStatements {
  readonly disposition: Statement;
  readonly addMessage: Statement;
  /** Values: runtime, runtime, how many stay. */
  readonly forgetOldest: Statement;
  readonly addInput: Statement;
  readonly startInput: Statement;
  readonly actedInput: Statement;
  readonly endInput: Statement;
  readonly inputs: Statement;
  readonly addApproval: Statement;
  readonly endApproval: Statement;
  readonly endApprovals: Statement;
  readonly approvals: Statement;
  readonly settings: Statement;
  readonly configure: Statement;
  readonly forgetRuntimes: readonly Statement[];
}

export function prepareLedger(database: Database): LedgerStatements {
  const newest = (table: string): string =>
    `DELETE FROM ${table} WHERE runtime NOT IN (
       SELECT runtime FROM ${table} GROUP BY runtime ORDER BY max(number) DESC LIMIT ${MAX_RUNTIMES})`;
  return {
    disposition: database.prepare('SELECT disposition FROM messages WHERE runtime = ? AND id = ?'),
    addMessage: database.prepare('INSERT OR REPLACE INTO messages (runtime, id, disposition) VALUES (?, ?, ?)'),
    forgetOldest: database.prepare(
      `DELETE FROM messages WHERE runtime = ? AND number <= (
         SELECT number FROM messages WHERE runtime = ? ORDER BY number DESC LIMIT 1 OFFSET ?)`,
    ),
    addInput: database.prepare('INSERT INTO inputs (id, runtime, messages, enqueued_at, acted) VALUES (?, ?, ?, ?, 0)'),
    startInput: database.prepare('UPDATE inputs SET turn_id = ?, run_id = ? WHERE id = ?'),
    actedInput: database.prepare('UPDATE inputs SET acted = 1 WHERE id = ?'),
    endInput: database.prepare('DELETE FROM inputs WHERE id = ?'),
    inputs: database.prepare(
      'SELECT id, runtime, messages, enqueued_at, turn_id, run_id, acted FROM inputs ORDER BY number',
    ),
    addApproval: database.prepare('INSERT OR IGNORE INTO approvals (request_id, input) VALUES (?, ?)'),
    endApproval: database.prepare('DELETE FROM approvals WHERE request_id = ?'),
    endApprovals: database.prepare('DELETE FROM approvals WHERE input = ?'),
    approvals: database.prepare('SELECT request_id FROM approvals WHERE input = ? ORDER BY number').pluck(),
    settings: database.prepare('SELECT mode, cwd FROM settings WHERE runtime = ?'),
    configure: database.prepare('INSERT OR REPLACE INTO settings (runtime, mode, cwd) VALUES (?, ?, ?)'),
    forgetRuntimes: [database.prepare(newest('messages')), database.prepare(newest('settings'))],
  };
}

export interface InputRow {
  readonly id: string;
  readonly runtime: string;
  readonly messages: string;
  readonly enqueued_at: string;
  readonly turn_id: string | null;
  readonly run_id: string | null;
  readonly acted: number;
}
