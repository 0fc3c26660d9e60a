import Libsql from 'libsql';
import { closeSync, openSync } from 'node:fs';
import path from 'node:path';
import { codeOf, diskTrouble } from './disk-trouble.js';

/**
 * An open database file. Always bind one array, also for a single value: a bare buffer ends the process, and nobody
 * checks how many values a statement takes.
 */
export type Database = Libsql.Database;

/** A file that cannot be used; the message says what to do. */
export class DatabaseError extends Error {
  override readonly name = 'DatabaseError';
  /** Whether trying again may help though nobody changes anything else than the room on the disk. */
  readonly retriable: boolean;

  constructor(message: string, options?: ErrorOptions & { readonly retriable?: boolean }) {
    super(message, options);
    this.retriable = options?.retriable ?? false;
  }
}

/** Only its owner reads and writes; what SQLite keeps beside the file gets the same. */
const PRIVATE_FILE = 0o600;
/** ms that a statement waits for another connection of this process. */
const BUSY_TIMEOUT_MS = 5_000;
/** Codes of SQLite for what is no database, or a broken one. */
const DAMAGED = /^SQLITE_(NOTADB|CORRUPT)/;

/**
 * Opens a database file and brings its schema up to date. Commits are written to the operating system and not waited for
 * on the disk (`synchronous=NORMAL` in WAL mode): a killed process loses none, a power cut may lose the last ones.
 *
 * @param migrations the schema's versions: the n-th brings version n-1 to n; never change one that was released
 * @throws DatabaseError when the file is newer than this program, or is no database
 */
export function openDatabase(file: string, migrations: readonly string[]): Database {
  const database = open(file);
  try {
    database.exec(`PRAGMA busy_timeout=${BUSY_TIMEOUT_MS}; PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;`);
    migrate(database, file, migrations);
    return database;
  } catch (cause) {
    // A connection lives on until its statements are collected, and with it a transaction.
    if (database.inTransaction) database.exec('ROLLBACK');
    database.close();
    throw unusable(file, cause);
  }
}

/** What to tell of a file that cannot be used, by why. */
export function unusable(file: string, cause: unknown): DatabaseError {
  if (cause instanceof DatabaseError) return cause;
  const trouble = diskTrouble(cause);
  if (trouble) {
    const { why, todo, retriable } = trouble;
    return new DatabaseError(`${file} cannot be used: ${why}. ${todo}, or use another data directory.`, {
      cause,
      retriable,
    });
  }
  const name = path.basename(file);
  const todo = DAMAGED.test(codeOf(cause))
    ? `Move it away, with ${name}-wal and ${name}-shm, to begin anew: what it kept is lost then.`
    : 'Use another data directory.';
  return new DatabaseError(`${file} cannot be used: ${messageOf(cause)}. ${todo}`, { cause });
}

/** Makes a file that only its owner may read, unless there is one. */
export function createPrivateFile(file: string): void {
  closeSync(openSync(file, 'a', PRIVATE_FILE));
}

function open(file: string): Database {
  try {
    createPrivateFile(file);
    return new Libsql(file);
  } catch (cause) {
    if (diskTrouble(cause)) throw unusable(file, cause);
    throw new DatabaseError(
      `${file} cannot be opened: ${messageOf(cause)}. Its directory must exist and be writable; or use another one.`,
      { cause },
    );
  }
}

function migrate(database: Database, file: string, migrations: readonly string[]): void {
  const version = versionOf(database);
  if (version > migrations.length)
    throw new DatabaseError(
      `${file} was written by a newer Twinlane (schema ${version}, this one knows ${migrations.length}). Upgrade, or use another data directory.`,
    );
  for (const [index, migration] of migrations.entries())
    if (index >= version) database.exec(`BEGIN; ${migration}; PRAGMA user_version=${index + 1}; COMMIT;`);
}

function versionOf(database: Database): number {
  // With `pluck`, `get` still answers with an object.
  const [row] = database.prepare('PRAGMA user_version').raw().all([]) as [number][];
  return row?.[0] ?? 0;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
