import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openDatabase, type Database } from '../../journal/index.js';
import { WriteGroup } from './write-group.js';

const TABLE = 'CREATE TABLE words (word TEXT NOT NULL UNIQUE)';

let directory: string;
let database: Database;
let turns: (() => void)[];
let group: WriteGroup;
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'twinlane-'));
  database = openDatabase(path.join(directory, 'words.db'), [TABLE]);
  turns = [];
  group = new WriteGroup(database, (run) => turns.push(run));
});
afterEach(() => {
  database.close();
  rmSync(directory, { recursive: true });
});

function add(word: string | null): string {
  database.prepare('INSERT INTO words VALUES (?)').run([word]);
  return `${word} is written`;
}
const words = (): unknown[] => database.prepare('SELECT word FROM words ORDER BY rowid').raw().all([]).flat();
const endTurn = (): void => turns.splice(0).forEach((run) => run());

it('writes at the end of the turn, all of it in order, and tells each what it wrote', async () => {
  const told = ['a', 'b', 'c'].map((word) => group.together(() => add(word)));
  expect(words()).toEqual([]);
  expect(turns).toHaveLength(1);
  endTurn();
  expect(words()).toEqual(['a', 'b', 'c']);
  expect(await Promise.all(told)).toEqual(['a is written', 'b is written', 'c is written']);
});

it('commits once for all of a turn', async () => {
  const inside: boolean[] = [];
  const look = (): void => void inside.push(database.inTransaction);
  const told = [group.together(look), group.together(look)];
  endTurn();
  await Promise.all(told);
  expect(inside).toEqual([true, true]);
  expect(database.inTransaction).toBe(false);
});

it('writes nothing of a group that cannot be written, says so to each, and writes the next one', async () => {
  const told = ['a', null, 'b'].map((word) => group.together(() => add(word)));
  endTurn();
  const outcomes = await Promise.allSettled(told);
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
  expect(words()).toEqual([]);
  const next = group.together(() => add('c'));
  endTurn();
  await next;
  expect(words()).toEqual(['c']);
});

it('writes what waits before what is written at once', async () => {
  const told = group.together(() => add('a'));
  expect(group.now(() => add('b'))).toBe('b is written');
  expect(words()).toEqual(['a', 'b']);
  endTurn();
  await told;
  expect(words()).toEqual(['a', 'b']);
});

it('writes nothing of what throws at once', () => {
  const failing = (): void => {
    add('a');
    throw new Error('no');
  };
  expect(() => group.now(failing)).toThrow('no');
  expect(words()).toEqual([]);
});
