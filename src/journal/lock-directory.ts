import Libsql from 'libsql';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createPrivateFile, DatabaseError } from './database.js';
import { diskTrouble } from './disk-trouble.js';

/** Another process uses this directory. */
export class DirectoryLockedError extends Error {
  override readonly name = 'DirectoryLockedError';

  /** @param pid of that process; undefined where it could not say so */
  constructor(
    readonly directory: string,
    readonly pid: number | undefined,
  ) {
    const who = pid === undefined ? 'Another process' : `Another process (pid ${pid})`;
    super(`${who} uses ${directory}. Stop it, or use another directory.`);
  }
}

export interface DirectoryLock {
  release(): void;
}

/** Locks end with their connection: none may be collected while its process believes to hold it. */
const held = new Set<Libsql.Database>();

/**
 * Makes this process the only one of a directory, until it releases it or ends, however it ends: the operating system
 * knows who holds the lock, so that a file left behind locks nobody out.
 *
 * @throws DirectoryLockedError when another process has it
 * @throws DatabaseError when the directory cannot be written to
 */
export function lockDirectory(directory: string): DirectoryLock {
  const file = path.join(directory, 'lock');
  const pidFile = path.join(directory, 'lock.pid');
  const database = open(file);
  try {
    database.exec('BEGIN EXCLUSIVE');
  } catch (cause) {
    database.close();
    if (isBusy(cause)) throw new DirectoryLockedError(directory, readPid(pidFile));
    throw cannotLock(file, cause);
  }
  held.add(database);
  writePid(pidFile);
  return {
    release: () => {
      if (!held.delete(database)) return;
      rmSync(pidFile, { force: true });
      database.exec('ROLLBACK');
      database.close();
    },
  };
}

function open(file: string): Libsql.Database {
  try {
    createPrivateFile(file);
    return new Libsql(file);
  } catch (cause) {
    throw cannotLock(file, cause);
  }
}

function cannotLock(file: string, cause: unknown): DatabaseError {
  const trouble = diskTrouble(cause);
  if (trouble) {
    const { why, todo, retriable } = trouble;
    return new DatabaseError(`${file} cannot be locked: ${why}. ${todo}, or use another data directory.`, {
      cause,
      retriable,
    });
  }
  const why = cause instanceof Error ? cause.message : String(cause);
  return new DatabaseError(`${file} cannot be locked: ${why}. Its directory must exist and be writable.`, { cause });
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('SQLITE_BUSY');
}

function writePid(file: string): void {
  try {
    createPrivateFile(file);
    writeFileSync(file, `${process.pid}\n`);
  } catch {
    // A full disk: the lock holds all the same, and who asks is told without a pid.
    rmSync(file, { force: true });
  }
}

function readPid(file: string): number | undefined {
  try {
    const pid = Number(readFileSync(file, 'utf8'));
    return Number.isSafeInteger(pid) && pid > 0 ? pid : undefined;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
