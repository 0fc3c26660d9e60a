import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../test/kit/manual-clock.js';
import type { NewEntry } from './journal.js';
import { type JournalDrop, NO_JOURNAL_OBSERVER } from './journal-observer.js';
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

describe('what a LibsqlJournal retains', () => {
  it('drops what is too old, within a minute, and says so', async () => {
    const clock = new ManualClock();
    const drops: JournalDrop[] = [];
    const observer = { ...NO_JOURNAL_OBSERVER, dropped: (more: readonly JournalDrop[]) => void drops.push(...more) };
    const journal = JournalStore.openOne(file, { clock, maxAgeMs: 100_000, observer });
    for (let seq = 1; seq <= 600; seq++) {
      journal.append(runtime, entry(seq));
      if (seq % 100 === 0) await clock.advance(10_000);
    }
    journal.release(runtime, 350);
    await journal.committed(runtime, 600);
    await clock.advance(70_000);
    expect(journal.bounds(runtime)).toEqual({ oldest: 201, head: 600 });
    await clock.advance(600_000);
    expect(journal.bounds(runtime)).toEqual({ oldest: 601, head: 600 });
    expect(journal.bytes).toBe(0);
    await journal.close();
    expect(drops.reduce((sum, { entries }) => sum + entries, 0)).toBe(600);
    expect(drops.reduce((sum, { unreleased }) => sum + unreleased, 0)).toBe(250);
    expect(drops[0]).toMatchObject({ scope: '', runtime });
    expect(clock.pending).toBe(0);
  });

  it('makes room in a scope with the oldest of the runtime that was silent longest', async () => {
    const journal = JournalStore.openOne(file, { maxBytesPerScope: 7 * 4 + 1 });
    journal.append(other, entry(1));
    journal.append(other, entry(2));
    for (const seq of [1, 2, 3]) journal.append(runtime, entry(seq));
    expect([journal.bounds(other).oldest, journal.bounds(runtime).oldest]).toEqual([2, 1]);
    for (const seq of [4, 5]) journal.append(runtime, entry(seq));
    expect(journal.bounds(other)).toEqual({ oldest: 3, head: 2 });
    expect(journal.bounds(runtime)).toEqual({ oldest: 2, head: 5 });
    expect(journal.epochs(other)).toEqual([{ epoch: 'e1', first: 1, last: 2, kept: 3 }]);
    await journal.close();
  });

  it.each([
    { tailBytes: 1, maxEntriesPerRuntime: 200 },
    { tailBytes: 1, maxBytesPerRuntime: 1_400 },
    { tailBytes: 1, maxBytesPerScope: 1_400 },
  ])('drops a twentieth of a limit with what is beyond it: %o', async (limits) => {
    const journal = JournalStore.openOne(file, limits);
    const append = async (from: number, to: number): Promise<void> => {
      for (let seq = from; seq <= to; seq++) journal.append(runtime, { ...entry(seq), frame: '{"n":1}' });
      await journal.committed(runtime, to);
    };
    await append(1, 200);
    expect(journal.bounds(runtime).oldest).toBe(1);
    await append(201, 201);
    expect(journal.bounds(runtime).oldest).toBe(12);
    await append(202, 211);
    expect(journal.bounds(runtime).oldest).toBe(12);
    expect(journal.bytes).toBe(1_400);
    await journal.close();
  });

  it('knows the names of what is gone, within bounds', async () => {
    const journal = JournalStore.openOne(file, { maxEntriesPerRuntime: 1 });
    for (let seq = 1; seq <= 100; seq++) journal.append(runtime, entry(seq, `e${seq}`));
    await journal.close();
    const later = JournalStore.openOne(file);
    expect(later.epochs(runtime).map(({ epoch }) => epoch)).toEqual(
      Array.from({ length: 66 }, (_, index) => `e${index + 35}`),
    );
    expect(later.last(runtime, 'e35')).toEqual({ seq: 35, position: 35 });
    expect(later.append(runtime, entry(101, 'e101'))).toMatchObject({ position: 101 });
    await later.close();
  });
});
