import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../test/kit/manual-clock.js';
import { type Database, openDatabase } from './database.js';
import type { NewEntry } from './journal.js';
import type { JournalObserver } from './journal-observer.js';
import { JOURNAL_MIGRATIONS } from './journal-schema.js';
import { JournalStore } from './journal-store.js';

const runtime = { agent_id: 'a', conversation_id: 'c' };
const entry = (seq: number): NewEntry => ({ epoch: 'e1', seq, type: 'stream_delta', frame: `{"n":${seq}}` });

let directory: string;
let file: string;
let clock: ManualClock;
let told: string[];
/** Somebody who does things to the file. */
let other: Database;

const observer: JournalObserver = {
  dropped: (drops) => void told.push(`dropped ${drops.reduce((sum, { entries }) => sum + entries, 0)}`),
  degraded: () => void told.push('degraded'),
  unreadable: () => void told.push('unreadable'),
  recovered: () => void told.push('recovered'),
  lost: (entries) => void told.push(`lost ${entries}`),
  unmerged: () => void told.push('unmerged'),
};

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'twinlane-'));
  file = path.join(directory, 'journal.db');
  clock = new ManualClock();
  told = [];
  other = openDatabase(file, JOURNAL_MIGRATIONS);
});
afterEach(() => {
  other.close();
  rmSync(directory, { recursive: true });
});

const fail = (): void => void other.exec('ALTER TABLE entries RENAME TO away');
const mend = (): void => void other.exec('ALTER TABLE away RENAME TO entries');

describe('JournalStore', () => {
  it('C36 keeps entries of the newest epochs only, also over a restart', async () => {
    const options = { observer, maxEpochsPerRuntime: 3 };
    const journal = JournalStore.openOne(file, options);
    for (let seq = 1; seq <= 200; seq++) journal.append(runtime, { ...entry(seq), epoch: `e${seq}` });
    await journal.committed(runtime, 200);
    const names = (): string[] => journal.read(runtime, 0, 10).map(({ epoch }) => epoch);
    expect(names()).toEqual(['e198', 'e199', 'e200']);
    expect(journal.epochs(runtime).length).toBeLessThanOrEqual(3 + 65);
    await journal.close();
    const again = JournalStore.openOne(file, options);
    expect(again.read(runtime, 0, 10).map(({ epoch }) => epoch)).toEqual(['e198', 'e199', 'e200']);
    await again.close();
  });

  it('C36 lets go of a runtime as if it had never been, also on disk, and of nothing that came after', async () => {
    const journal = JournalStore.openOne(file, { observer });
    journal.append(runtime, { ...entry(1), keep: 'status' });
    await journal.committed(runtime, 1);
    journal.append(runtime, entry(2));
    journal.remove(runtime);
    expect([journal.runtimes(), journal.bytes, journal.kept(runtime).size]).toEqual([[], 0, 0]);
    expect(journal.append(runtime, { ...entry(7), epoch: 'e2' })).toMatchObject({ position: 1 });
    await journal.close();
    const again = JournalStore.openOne(file, { observer });
    expect(again.read(runtime, 0, 10).map(({ epoch, seq }) => `${epoch}:${seq}`)).toEqual(['e2:7']);
    expect([again.kept(runtime).size, again.runtimes()]).toEqual([0, [runtime]]);
    again.remove(runtime);
    await again.close();
    for (const table of ['logs', 'epochs', 'entries', 'kept'])
      expect(other.prepare(`SELECT count(*) AS n FROM ${table}`).get()).toMatchObject({ n: 0 });
  });

  it('C36 holds the scopes of a group to what they may keep together: what was silent longest goes, over restarts too', async () => {
    const { length } = entry(10).frame;
    const options = { observer, maxBytesPerGroup: 20 * length };
    const store = new JournalStore(file, options);
    for (const scope of ['a', 'b']) store.assign(scope, 'team');
    const [a, b, alone] = [store.open('a'), store.open('b'), store.open('alone')];
    for (let seq = 10; seq < 20; seq++) for (const journal of [a, alone]) journal.append(runtime, entry(seq));
    for (let seq = 10; seq < 25; seq++) b.append(runtime, entry(seq));
    expect(a.bytes + b.bytes).toBeLessThanOrEqual(20 * length);
    expect([a.bounds(runtime).oldest > 5, b.bounds(runtime).oldest, alone.bounds(runtime).oldest]).toEqual([
      true,
      1,
      1,
    ]);
    await store.close();
    const again = new JournalStore(file, options);
    expect(again.scopeNames.toSorted()).toEqual(['a', 'alone', 'b']);
    for (const scope of ['a', 'b']) again.assign(scope, 'team');
    for (let seq = 25; seq < 40; seq++) again.open('b').append(runtime, entry(seq));
    expect(again.open('a').bytes).toBe(0);
    expect(again.open('b').bytes).toBeLessThanOrEqual(20 * length);
    await again.close();
  });

  it('lets the event loop go on while a commit waits', async () => {
    const journal = JournalStore.openOne(file, { observer });
    other.exec('BEGIN IMMEDIATE');
    journal.append(runtime, entry(1));
    let isCommitted = false;
    const committed = journal.committed(runtime, 1).then(() => (isCommitted = true));
    for (let turn = 0; turn < 100; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(isCommitted).toBe(false);
    other.exec('COMMIT');
    await committed;
    await journal.close();
    expect(told).toEqual([]);
  });

  it('C32 shows what the disk does not take, tries again, and writes it in order', async () => {
    const journal = JournalStore.openOne(file, { observer, clock });
    journal.append(runtime, entry(1));
    await journal.committed(runtime, 1);
    fail();
    journal.append(runtime, { ...entry(2), keep: 'two' });
    await journal.committed(runtime, 2);
    journal.append(runtime, entry(3));
    expect(journal.read(runtime, 0, 10).map(({ seq }) => seq)).toEqual([1, 2, 3]);
    expect(journal.full).toBe(false);
    await clock.advance(5_000);
    await expect.poll(() => clock.pending).toBe(1);
    expect(told).toEqual(['degraded']);
    mend();
    await clock.advance(5_000);
    await expect.poll(() => told).toEqual(['degraded', 'recovered']);
    await journal.close();
    const later = JournalStore.openOne(file);
    expect(later.read(runtime, 0, 10).map(({ seq }) => seq)).toEqual([1, 2, 3]);
    expect([...later.kept(runtime)]).toEqual([['two', '{"n":2}']]);
    await later.close();
  });

  it('C32 waits with commits at its bound, and drops the oldest that waits at twice that', async () => {
    const store = new JournalStore(file, { observer, clock, maxUnwrittenBytes: 20_000 });
    const journal = store.open('env');
    journal.append(runtime, entry(1));
    await journal.close();
    fail();
    for (let seq = 2; seq <= 50; seq++) journal.append(runtime, entry(seq));
    await journal.committed(runtime, 50);
    for (let seq = 51; seq <= 150; seq++) journal.append(runtime, entry(seq));
    expect([store.full, journal.full]).toEqual([true, false]);
    const shown = journal.read(runtime, 0, Infinity).at(-1)?.seq ?? 0;
    expect(shown).toBeGreaterThan(80);
    expect(shown).toBeLessThan(150);
    for (let seq = 151; seq <= 1_000; seq++) journal.append(runtime, entry(seq));
    const { oldest, head } = journal.bounds(runtime);
    expect(head).toBe(1_000);
    expect(oldest).toBeGreaterThan(750);
    mend();
    await clock.advance(5_000);
    await journal.committed(runtime, 1_000);
    expect(journal.read(runtime, 0, Infinity).map(({ seq }) => seq)).toEqual(
      Array.from({ length: head - oldest + 1 }, (_, index) => oldest + index),
    );
    await store.close();
    expect(told).toEqual(['degraded', `dropped ${oldest - 1}`, 'recovered']);
    const later = new JournalStore(file);
    expect(later.open('env').bounds(runtime)).toEqual({ oldest, head });
    expect(later.open('env').epochs(runtime)).toEqual([{ epoch: 'e1', first: 1, last: 1_000, kept: oldest }]);
    await later.close();
  });

  it('C32 says what is lost when it is closed meanwhile, and refuses what comes later', async () => {
    const journal = JournalStore.openOne(file, { observer, clock });
    fail();
    for (const seq of [1, 2]) journal.append(runtime, entry(seq));
    await journal.close();
    expect(told).toEqual(['lost 2']);
    journal.append(runtime, entry(3));
    await expect(journal.committed(runtime, 3)).rejects.toThrow('closed');
    expect(journal.full).toBe(false);
    expect(clock.pending).toBe(0);
  });

  it('C32 counts as lost only what no reader has released, and says nothing more once it is closed', async () => {
    const journal = JournalStore.openOne(file, { observer, clock });
    fail();
    for (const seq of [1, 2, 3]) journal.append(runtime, entry(seq));
    await journal.committed(runtime, 3);
    journal.release(runtime, 2);
    await journal.close();
    expect(told).toEqual(['degraded', 'lost 1']);
    told = [];
    mend();
    const later = JournalStore.openOne(file, { observer, clock });
    fail();
    later.append(runtime, entry(4));
    await later.committed(runtime, 1);
    later.release(runtime, 1);
    await later.close();
    expect(told).toEqual(['degraded']);
  });

  it('counts what the disk does not give back as dropped', async () => {
    const journal = JournalStore.openOne(file, { observer, tailBytes: 500 });
    for (let seq = 1; seq <= 10; seq++) journal.append(runtime, entry(seq));
    await journal.committed(runtime, 10);
    fail();
    expect(journal.read(runtime, 0, 10).map(({ seq }) => seq)).toEqual([9, 10]);
    expect(journal.bounds(runtime)).toEqual({ oldest: 9, head: 10 });
    expect(journal.bytes).toBe(7 + 8);
    expect(told).toEqual(['unreadable']);
    mend();
    await journal.close();
    expect(told).toEqual(['unreadable', 'dropped 8']);
  });

  it('lets go from memory what whoever follows has passed, with the next commit', async () => {
    const journal = JournalStore.openOne(file, { observer });
    for (let seq = 1; seq <= 10; seq++) journal.append(runtime, entry(seq));
    await journal.committed(runtime, 10);
    journal.passed(runtime, 6);
    journal.append(runtime, entry(11));
    await journal.committed(runtime, 11);
    expect(journal.read(runtime, 0, 20)).toHaveLength(11);
    fail();
    expect(journal.read(runtime, 0, 20).map(({ seq }) => seq)).toEqual([7, 8, 9, 10, 11]);
    mend();
    await journal.close();
  });
});
