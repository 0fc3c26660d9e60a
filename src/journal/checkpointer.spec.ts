import { mkdtemp, rm, stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Checkpointer } from './checkpointer.js';
import { openDatabase } from './database.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'twinlane-checkpointer-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

it('keeps the write-ahead log small while commits go on, and loses none', async () => {
  const file = path.join(folder, 'test.db');
  const database = openDatabase(file, ['CREATE TABLE t (n INTEGER PRIMARY KEY, text TEXT)']);
  database.exec('PRAGMA wal_autocheckpoint=0');
  const failures: unknown[] = [];
  const checkpoints = new Checkpointer(file, (error) => failures.push(error));
  const insert = database.prepare('INSERT INTO t (text) VALUES (?)');
  const text = 'x'.repeat(4_000);
  let commits = 0;
  const commit = (): void => {
    insert.run([text]);
    commits++;
    checkpoints.committed();
  };
  const sizeOf = async (path: string): Promise<number> => (await stat(path)).size;
  let firstRound = 0;
  for (let round = 0; round < 6; round++) {
    for (let i = 0; i < 256; i++) commit();
    firstRound ||= await sizeOf(`${file}-wal`);
    await checkpoints.untilIdle();
    expect(await sizeOf(file)).toBeGreaterThan(commits * text.length);
  }
  checkpoints.close();
  expect(failures).toEqual([]);
  // Without checkpoints it would be six times as large.
  expect(await sizeOf(`${file}-wal`)).toBeLessThan(firstRound * 2);
  expect(database.prepare('SELECT count(*) FROM t').pluck().all([])).toEqual([commits]);
  database.close();
});

it('says when it fails, and does nothing once it is closed', async () => {
  let fail = (_error: unknown): void => {};
  const failed = new Promise((resolve) => (fail = resolve));
  const checkpoints = new Checkpointer(path.join(folder, 'missing', 'test.db'), (error) => fail(error));
  for (let i = 0; i < 256; i++) checkpoints.committed();
  expect(String(await failed)).toMatch(/open/);
  checkpoints.close();
  for (let i = 0; i < 256; i++) checkpoints.committed();
});
