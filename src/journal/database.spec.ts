import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DatabaseError, openDatabase } from './database.js';

const FIRST = 'CREATE TABLE notes(text TEXT)';
const SECOND = "ALTER TABLE notes ADD COLUMN author TEXT DEFAULT 'nobody'";

describe('openDatabase', () => {
  let directory: string;
  let file: string;

  beforeEach(() => {
    directory = mkdtempSync(path.join(tmpdir(), 'twinlane-'));
    file = path.join(directory, 'notes.db');
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  it('makes a file that only its owner reads, and brings its schema up to date, each step once', () => {
    const first = openDatabase(file, [FIRST]);
    first.exec("INSERT INTO notes(text) VALUES('kept')");
    for (const suffix of ['', '-wal', '-shm']) expect(statSync(file + suffix).mode & 0o777).toBe(0o600);
    first.close();
    for (let time = 0; time < 2; time++) {
      const later = openDatabase(file, [FIRST, SECOND]);
      expect(later.prepare('SELECT text, author FROM notes').raw().all([])).toEqual([['kept', 'nobody']]);
      later.close();
    }
  });

  it('takes a step as a whole or not at all', () => {
    openDatabase(file, [FIRST]).close();
    const broken = `${SECOND}; INSERT INTO nowhere VALUES(1)`;
    expect(() => openDatabase(file, [FIRST, broken])).toThrow(DatabaseError);
    openDatabase(file, [FIRST, SECOND]).close();
  });

  it('refuses a file that a newer program wrote', () => {
    openDatabase(file, [FIRST, SECOND]).close();
    expect(() => openDatabase(file, [FIRST])).toThrow(/newer Twinlane \(schema 2, this one knows 1\)\. Upgrade/);
  });

  it('refuses what is no database, and what cannot be opened, and says what to do', () => {
    writeFileSync(file, 'This is prose, and long enough to be looked at. '.repeat(100));
    expect(() => openDatabase(file, [FIRST])).toThrow(/notes\.db cannot be used: .*Move it away to begin anew\./);
    const nowhere = path.join(directory, 'missing', 'notes.db');
    expect(() => openDatabase(nowhere, [FIRST])).toThrow(/cannot be opened: .*must exist and be writable/);
  });
});
