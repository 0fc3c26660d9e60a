import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DatabaseError, openDatabase } from './database.js';

const FIRST = 'CREATE TABLE notes(text TEXT)';
const SECOND = "ALTER TABLE notes ADD COLUMN author TEXT DEFAULT 'nobody'";

function thrownBy(act: () => unknown): unknown {
  try {
    return act();
  } catch (error) {
    return error;
  }
}

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
    expect(() => openDatabase(file, [FIRST])).toThrow(
      /notes\.db cannot be used: .*\. Move it away, with notes\.db-wal and notes\.db-shm, to begin anew: .* is lost then\.$/,
    );
    const nowhere = path.join(directory, 'missing', 'notes.db');
    expect(() => openDatabase(nowhere, [FIRST])).toThrow(/cannot be opened: .*must exist and be writable/);
  });

  it('C32 says of a full disk that room is needed, that trying again may help, and nothing of moving files', () => {
    const filling = [FIRST, `PRAGMA max_page_count=1; INSERT INTO notes VALUES(zeroblob(100000))`];
    const error = thrownBy(() => openDatabase(file, filling));
    expect(error).toMatchObject({
      message: `${file} cannot be used: the disk is full. Make room, or use another data directory.`,
      retriable: true,
    });
    openDatabase(file, [FIRST]).close();
  });

  it('does not offer to move away what only this program does not understand', () => {
    const error = thrownBy(() => openDatabase(file, ['CREATE nonsense']));
    expect(error).toMatchObject({ retriable: false });
    expect(String(error)).toMatch(/cannot be used: .*\. Use another data directory\.$/);
  });
});
