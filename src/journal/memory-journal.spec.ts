import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JournalEntry } from './journal.js';
import { MemoryJournal } from './memory-journal.js';

const runtime = { agent_id: 'a', conversation_id: 'c' };
const other = { agent_id: null, conversation_id: 'c' };
const entry = (seq: number, epoch = 'e1') => ({ epoch, seq, type: 'stream_delta', frame: `{"n":${seq}}` });

describe('MemoryJournal', () => {
  it('reads from any position and finds entries by name', () => {
    const journal = new MemoryJournal();
    for (let seq = 1; seq <= 5; seq++) journal.append(runtime, entry(seq));
    journal.appendGap(runtime, { epoch: 'e1', from: 6, to: 9 });
    journal.append(runtime, entry(10));
    journal.append(runtime, entry(1, 'e2'));
    expect(journal.read(runtime, 3, 2).map((e) => e.seq)).toEqual([4, 5]);
    expect(journal.find(runtime, 'e1', 7)).toBe(6);
    expect(journal.find(runtime, 'e1', 10)).toBe(7);
    expect(journal.find(runtime, 'e1', 11)).toBeUndefined();
    expect(journal.find(runtime, 'e2', 1)).toBe(8);
    expect(journal.last(runtime, 'e1')).toMatchObject({ seq: 10, position: 7 });
    expect(journal.bounds(other)).toEqual({ oldest: 1, head: 0 });
  });

  it('C36 keeps entries of the newest epochs only, and a few names more', () => {
    const journal = new MemoryJournal({ maxEpochsPerRuntime: 3 });
    for (let seq = 1; seq <= 1_000; seq++) journal.append(runtime, entry(seq, `e${seq}`));
    expect(journal.read(runtime, 0, 10).map(({ epoch }) => epoch)).toEqual(['e998', 'e999', 'e1000']);
    expect(journal.epochs(runtime).length).toBe(67);
    expect(journal.last(runtime, 'e940')).toMatchObject({ seq: 940 });
    expect(journal.last(runtime, 'e1')).toBeUndefined();
  });

  it('lets go of a runtime as if it had never been', () => {
    const journal = new MemoryJournal();
    journal.append(runtime, { ...entry(1), keep: 'status' });
    journal.append(other, entry(1));
    journal.remove(runtime);
    expect([journal.runtimes(), journal.bytes, journal.kept(runtime).size]).toEqual([[other], 7, 0]);
    expect(journal.epochs(runtime)).toEqual([]);
    expect(journal.append(runtime, entry(5, 'e2'))).toMatchObject({ position: 1, seq: 5 });
  });

  it('knows its epochs and what of them is kept', () => {
    const journal = new MemoryJournal({ maxEntriesPerRuntime: 3 });
    for (const seq of [1, 2, 3]) journal.append(runtime, entry(seq));
    expect(journal.epochs(runtime)).toEqual([{ epoch: 'e1', first: 1, last: 3, kept: 1 }]);
    for (const seq of [4, 5]) journal.append(runtime, entry(seq, 'e2'));
    expect(journal.epochs(runtime)).toEqual([
      { epoch: 'e1', first: 1, last: 3, kept: 3 },
      { epoch: 'e2', first: 4, last: 5, kept: 4 },
    ]);
    journal.release(runtime, 5);
    expect(journal.epochs(runtime).map(({ kept }) => kept)).toEqual([4, 6]);
    expect(journal.released(runtime)).toBe(5);
    expect(journal.epochs(other)).toEqual([]);
  });

  it('keeps the newest frame under a name beyond retention, until it is over', () => {
    const journal = new MemoryJournal({ maxEntriesPerRuntime: 1 });
    journal.append(runtime, { ...entry(1), keep: 'update_queue' });
    journal.append(runtime, { ...entry(2), keep: 'control_request r1' });
    journal.append(runtime, { ...entry(3), keep: 'update_queue' });
    expect([...journal.kept(runtime)]).toEqual([
      ['control_request r1', '{"n":2}'],
      ['update_queue', '{"n":3}'],
    ]);
    journal.append(runtime, { ...entry(4), drop: 'control_request r1' });
    journal.forget(runtime);
    expect([...journal.kept(runtime).keys()]).toEqual(['update_queue']);
    journal.drop(runtime, 'update_queue');
    expect([...journal.kept(runtime).keys()]).toEqual([]);
    expect(journal.bounds(runtime)).toEqual({ oldest: 5, head: 4 });
  });

  it('makes producers wait at its bound, drops nothing, and lets them go on when readers are done', async () => {
    const journal = new MemoryJournal({ maxBytes: 20 });
    for (let seq = 1; seq <= 3; seq++) journal.append(runtime, entry(seq));
    let roomy = false;
    const room = journal.room().then(() => (roomy = true));
    await Promise.resolve();
    expect(roomy).toBe(false);
    expect(journal.read(runtime, 0, 10)).toHaveLength(3);
    journal.release(runtime, 2);
    await room;
    expect(journal.bounds(runtime)).toEqual({ oldest: 3, head: 3 });
  });

  it('keeps exactly what a plain list with the same limits keeps', () => {
    const step = fc.oneof(
      fc.constant('append' as const),
      fc.nat(30).map((n) => ({ release: n })),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 4_000 }), fc.integer({ min: 1, max: 40 }), (steps, limit) => {
        const journal = new MemoryJournal({ maxEntriesPerRuntime: limit });
        let kept: JournalEntry[] = [];
        let seq = 0;
        for (const next of steps) {
          if (next === 'append') kept = [...kept, journal.append(runtime, entry(++seq))].slice(-limit);
          else {
            const through = seq - next.release;
            journal.release(runtime, through);
            kept = kept.filter((e) => e.position > through);
          }
        }
        expect(journal.read(runtime, 0, Infinity)).toEqual(kept);
        expect(journal.bounds(runtime)).toEqual({ oldest: seq - kept.length + 1, head: seq });
        for (const e of kept) expect(journal.find(runtime, 'e1', e.seq)).toBe(e.position);
      }),
      { seed: 1, numRuns: 30 },
    );
  });
});
