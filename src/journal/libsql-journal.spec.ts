import fc from 'fast-check';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../test/kit/manual-clock.js';
import { PlainJournal } from '../../test/kit/plain-journal.js';
import type { Runtime } from '../protocol/index.js';
import { DatabaseError, openDatabase } from './database.js';
import type { Journal, NewEntry } from './journal.js';
import { type JournalDrop, NO_JOURNAL_OBSERVER } from './journal-observer.js';
import { JOURNAL_MIGRATIONS } from './journal-schema.js';
import { JournalStore } from './journal-store.js';
import type { JournalStoreOptions } from './journal-store.options.js';

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

  it('keeps exactly what a plain list with the same limits keeps, over any steps and restarts', async () => {
    const which = fc.nat(2);
    const step = fc.oneof(
      {
        weight: 12,
        arbitrary: fc.record({
          kind: fc.constant('append' as const),
          which,
          size: fc.nat(30),
          keep: fc.option(fc.nat(3)),
          drop: fc.option(fc.nat(3)),
        }),
      },
      {
        weight: 2,
        arbitrary: fc.record({ kind: fc.constant('gap' as const), which, size: fc.integer({ min: 1, max: 5 }) }),
      },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('release' as const), which, size: fc.nat(50) }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('forget' as const), which }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('over' as const), which, size: fc.nat(3) }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('epoch' as const), which }) },
      {
        weight: 2,
        arbitrary: fc.record({
          kind: fc.constant('settle' as const),
          which,
          from: fc.nat(60),
          limit: fc.integer({ min: 1, max: 40 }),
        }),
      },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const) }) },
    );
    const limits = fc.record(
      {
        maxEntriesPerRuntime: fc.integer({ min: 1, max: 40 }),
        maxBytesPerRuntime: fc.integer({ min: 1, max: 600 }),
        maxBytesPerScope: fc.integer({ min: 1, max: 1_500 }),
        tailBytes: fc.constantFrom(1, 3_000, 1e6),
      },
      { requiredKeys: ['tailBytes'] },
    );
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 250, size: 'max' }), limits, async (steps, options) => {
        const target = path.join(directory, `${run++}.db`);
        await compare(steps, options, target);
      }),
      { numRuns: Number(process.env['RUNS'] ?? 60), verbose: 1 },
    );
  });
});

type Step =
  | { kind: 'append'; which: number; size: number; keep: number | null; drop: number | null }
  | { kind: 'gap' | 'release' | 'over'; which: number; size: number }
  | { kind: 'forget' | 'epoch'; which: number }
  | { kind: 'settle'; which: number; from: number; limit: number }
  | { kind: 'restart' };

const RUNTIMES: readonly Runtime[] = [runtime, other, { agent_id: '', conversation_id: 'x' }];

/** Does the same to a journal on disk and to a plain one, and compares all that can be asked. */
async function compare(steps: readonly Step[], options: JournalStoreOptions, target: string): Promise<void> {
  let journal = JournalStore.openOne(target, options);
  const plain = new PlainJournal(options);
  const names = RUNTIMES.map(() => ({ epoch: 1, seq: 0 }));
  for (const step of steps) {
    if (step.kind === 'restart') {
      await journal.close();
      journal = JournalStore.openOne(target, options);
      continue;
    }
    const at = RUNTIMES[step.which] ?? runtime;
    const name = names[step.which] ?? { epoch: 1, seq: 0 };
    const epoch = `e${name.epoch}`;
    for (const each of [journal, plain]) {
      if (step.kind === 'append') {
        const frame = JSON.stringify('é'.repeat(step.size));
        const [keep, drop] = [step.keep, step.drop].map((key) => (key === null ? undefined : `k${key}`));
        each.append(at, { epoch, seq: name.seq + 1, type: 't', frame, keep, drop });
      } else if (step.kind === 'gap') each.appendGap(at, { epoch, from: name.seq + 1, to: name.seq + step.size });
      else if (step.kind === 'release') each.release(at, step.size);
      else if (step.kind === 'forget') each.forget(at);
      else if (step.kind === 'over') each.drop(at, `k${step.size}`);
    }
    if (step.kind === 'append') name.seq += 1;
    if (step.kind === 'gap') name.seq += step.size;
    if (step.kind === 'epoch') name.epoch += 1;
    expect(seen(journal, at)).toEqual(seen(plain, at));
    if (step.kind !== 'settle') continue;
    await journal.committed(at, journal.bounds(at).head).catch(() => undefined);
    expect(journal.read(at, step.from, step.limit)).toEqual(plain.read(at, step.from, step.limit));
  }
  await journal.close();
  const last = JournalStore.openOne(target, options);
  for (const at of RUNTIMES) {
    expect(seen(last, at)).toEqual(seen(plain, at));
    const all = last.read(at, 0, Infinity);
    expect(all).toEqual(plain.read(at, 0, Infinity));
    for (const { epoch, through, position } of all) expect(last.find(at, epoch, through)).toBe(position);
  }
  await last.close();
}

function seen(journal: Pick<Journal, 'bounds' | 'epochs' | 'kept' | 'released' | 'bytes'>, at: Runtime): unknown {
  const { bytes } = journal;
  return [journal.bounds(at), journal.epochs(at), [...journal.kept(at)], journal.released(at), bytes];
}
