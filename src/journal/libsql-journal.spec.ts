import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../test/kit/manual-clock.js';
import type { Runtime } from '../protocol/index.js';
import { DatabaseError, openDatabase } from './database.js';
import type { NewEntry } from './journal.js';
import { JOURNAL_MIGRATIONS } from './journal-schema.js';
import { JournalStore } from './journal-store.js';

const runtime = { agent_id: 'a', conversation_id: 'c' };
const other = { agent_id: null, conversation_id: 'c' };
const entry = (seq: number, epoch = 'e1'): NewEntry => ({ epoch, seq, type: 'stream_delta', frame: `{"n":${seq}}` });

let directory: string;
let file: string;

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'twinlane-'));
  file = path.join(directory, 'journal.db');
});
afterEach(() => rmSync(directory, { recursive: true }));

describe('LibsqlJournal', () => {
  it('names its runtimes in the order of their newest appends, also after a restart', async () => {
    const journal = JournalStore.openOne(file);
    for (const each of [runtime, other]) journal.append(each, entry(1));
    expect(journal.runtimes()).toEqual([runtime, other]);
    journal.append(runtime, entry(2));
    expect(journal.runtimes()).toEqual([other, runtime]);
    await journal.close();
    const later = JournalStore.openOne(file);
    expect(later.runtimes()).toEqual([other, runtime]);
    await later.close();
  });

  it('names at once, and shows what is committed', async () => {
    const journal = JournalStore.openOne(file);
    const { position } = journal.append(runtime, entry(1));
    expect(journal.find(runtime, 'e1', 1)).toBe(position);
    expect(journal.read(runtime, 0, 10)).toEqual([]);
    await journal.committed(runtime, position);
    expect(journal.read(runtime, 0, 10)).toEqual([{ position: 1, through: 1, ...entry(1) }]);
    await expect(journal.committed(runtime, 2)).rejects.toThrow('position 2');
    await journal.close();
  });

  it('gives back frames as they were, in memory and from disk', async () => {
    const frames = [
      '{"a":"it\'s \\"quoted\\" \\\\ \\u0000 \\ud800 \\u00e9"}',
      '{"a":"lone \ud800 and \0 and é😀\u2028"}',
      `{"a":"${'ü'.repeat(4 * 1024 * 1024)}"}`,
      '',
      "'); DROP TABLE entries; --",
    ];
    const odd: Runtime = { agent_id: "a'\0\udfff", conversation_id: '\0' };
    const journal = JournalStore.openOne(file);
    frames.forEach((frame, index) =>
      journal.append(odd, { epoch: "e'\0", seq: index + 1, type: "t'\ud800", frame, keep: `'k\0${index}` }),
    );
    await journal.committed(odd, frames.length);
    expect(journal.read(odd, 0, 10).map(({ frame }) => frame)).toEqual(frames);
    await journal.close();
    const later = JournalStore.openOne(file);
    expect(later.runtimes()).toEqual([odd]);
    expect(later.read(odd, 0, 10).map(({ frame }) => frame)).toEqual(frames);
    expect(later.read(odd, 0, 1)[0]).toMatchObject({ epoch: "e'\0", type: "t'\ud800" });
    expect([...later.kept(odd)]).toEqual(frames.map((frame, index) => [`'k\0${index}`, frame]));
    await later.close();
  });

  it('reads what an earlier version has written, one row for each event', async () => {
    const database = openDatabase(file, JOURNAL_MIGRATIONS.slice(0, 1));
    database.exec(`INSERT INTO logs VALUES (1,'','a','c',2,4,7,29,0,4); INSERT INTO epochs VALUES (1,0,'e1',1,1,4,5);
      INSERT INTO entries VALUES (1,2,0,2,2,14,5,'stream_delta','{"n":2}'), (1,3,0,3,4,14,6,'resume_gap',NULL),
        (1,4,0,5,5,29,7,'stream_delta','{"n":5,"m":55}')`);
    database.close();
    const journal = JournalStore.openOne(file, { tailBytes: 1 });
    for (const seq of [6, 7]) journal.append(runtime, entry(seq));
    await journal.committed(runtime, 6);
    const all = journal
      .read(runtime, 0, 10)
      .map(({ position, seq, through, frame }) => [position, seq, through, frame]);
    expect(all).toEqual([
      [2, 2, 2, '{"n":2}'],
      [3, 3, 4, undefined],
      [4, 5, 5, '{"n":5,"m":55}'],
      [5, 6, 6, '{"n":6}'],
      [6, 7, 7, '{"n":7}'],
    ]);
    expect(journal.bytes).toBe(36);
    await journal.close();
  });

  it('puts what was appended in one breath into few rows, and reads from the middle of them', async () => {
    const journal = JournalStore.openOne(file, { tailBytes: 1, maxEntriesPerRuntime: 90 });
    for (let seq = 1; seq <= 100; seq++) journal.append(runtime, entry(seq));
    journal.append(other, entry(1));
    await journal.committed(runtime, 100);
    const database = openDatabase(file, JOURNAL_MIGRATIONS);
    const rows = (): unknown => database.prepare('SELECT log, position, count FROM entries').raw().all([]);
    expect(rows()).toEqual([
      [1, 11, 64],
      [1, 75, 26],
      [2, 1, 1],
    ]);
    for (let seq = 101; seq <= 105; seq++) journal.append(runtime, entry(seq));
    await journal.committed(runtime, 105);
    expect(journal.bounds(runtime)).toEqual({ oldest: 16, head: 105 });
    expect(journal.read(runtime, 0, 60).map(({ seq }) => seq)).toEqual(Array.from({ length: 60 }, (_, i) => 16 + i));
    expect(journal.read(runtime, 80, 2).map(({ frame }) => frame)).toEqual(['{"n":81}', '{"n":82}']);
    expect(journal.find(runtime, 'e1', 44)).toBe(44);
    for (let seq = 106; seq <= 164; seq++) journal.append(runtime, entry(seq));
    await journal.committed(runtime, 164);
    expect(rows()).toEqual([
      [1, 75, 26],
      [1, 101, 5],
      [1, 106, 59],
      [2, 1, 1],
    ]);
    database.close();
    await journal.close();
  });

  it('keeps scopes apart, in one file', async () => {
    const store = new JournalStore(file);
    const [one, two] = [store.open('env-1'), store.open('env-2')];
    one.append(runtime, entry(1));
    two.append(runtime, entry(7));
    await one.close();
    expect(one.read(runtime, 0, 10).map(({ seq }) => seq)).toEqual([1]);
    expect(two.read(runtime, 0, 10).map(({ seq }) => seq)).toEqual([7]);
    expect([one.bytes, two.bytes, store.bytes]).toEqual([7, 7, 14]);
    expect(store.open('env-3').runtimes()).toEqual([]);
    await store.close();
  });

  it('remembers lazily what readers have released', async () => {
    const clock = new ManualClock();
    const journal = JournalStore.openOne(file, { clock });
    for (const seq of [1, 2, 3]) journal.append(runtime, entry(seq));
    await journal.committed(runtime, 3);
    journal.release(runtime, 2);
    const onDisk = (): number => {
      const database = openDatabase(file, JOURNAL_MIGRATIONS);
      const [row] = database.prepare('SELECT released FROM logs').raw().all([]) as unknown as [number][];
      database.close();
      return row?.[0] ?? -1;
    };
    expect(onDisk()).toBe(0);
    await clock.advance(1_000);
    await expect.poll(onDisk).toBe(2);
    await journal.close();
    const later = JournalStore.openOne(file);
    expect(later.released(runtime)).toBe(2);
    expect(later.bounds(runtime)).toEqual({ oldest: 1, head: 3 });
    await later.close();
  });

  it('keeps what it is given in place of a frame, before and after it is written', async () => {
    const kept = { ...entry(1), keep: 'title', keepText: '{"short":1}' };
    const journal = JournalStore.openOne(file, { maxEntriesPerRuntime: 1 });
    journal.append(runtime, kept);
    journal.append(runtime, entry(2));
    expect([...journal.kept(runtime)]).toEqual([['title', '{"short":1}']]);
    await journal.committed(runtime, 2);
    expect([...journal.kept(runtime)]).toEqual([['title', '{"short":1}']]);
    expect(journal.read(runtime, 0, 9).map(({ frame }) => frame)).toEqual([entry(2).frame]);
    await journal.close();
    const later = JournalStore.openOne(file);
    expect([...later.kept(runtime)]).toEqual([['title', '{"short":1}']]);
    await later.close();
  });

  it('lets go for good of what is over though no entry says so, whenever that is written', async () => {
    const keeping = (seq: number): NewEntry => ({ ...entry(seq), keep: 'approval' });
    const journal = JournalStore.openOne(file);
    await journal.committed(runtime, journal.append(runtime, keeping(1)).position);
    journal.drop(runtime, 'approval');
    expect([...journal.kept(runtime)]).toEqual([]);
    await journal.committed(runtime, journal.append(runtime, keeping(2)).position);
    expect([...journal.kept(runtime).values()]).toEqual([keeping(2).frame]);
    // While the entry that keeps it is being written, and before that has begun.
    journal.append(runtime, keeping(3));
    await Promise.resolve();
    await Promise.resolve();
    journal.drop(runtime, 'approval');
    journal.append(other, keeping(1));
    journal.drop(other, 'approval');
    await journal.close();
    const later = JournalStore.openOne(file);
    expect([...later.kept(runtime), ...later.kept(other)]).toEqual([]);
    await later.close();
  });

  it('bounds what it writes ahead, and reads what is no longer in memory', async () => {
    const journal = JournalStore.openOne(file, { tailBytes: 1 });
    const frame = JSON.stringify({ text: 'x'.repeat(4_000) });
    for (let seq = 1; seq <= 20_000; seq++) {
      journal.append(runtime, { ...entry(seq), frame });
      if (seq % 20 === 0) await journal.committed(runtime, seq);
    }
    expect(statSync(`${file}-wal`).size).toBeLessThan(48 * 1024 * 1024);
    expect(journal.read(runtime, 0, Infinity).map(({ seq }) => seq)).toEqual(
      Array.from({ length: 20_000 }, (_, i) => i + 1),
    );
    expect(journal.find(runtime, 'e1', 4_321)).toBe(4_321);
    await journal.close();
  });

  it('refuses a file that it cannot read', () => {
    openDatabase(file, ['CREATE TABLE something(else_ TEXT)']).close();
    expect(() => new JournalStore(file)).toThrow(DatabaseError);
  });
});
