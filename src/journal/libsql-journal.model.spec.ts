import fc from 'fast-check';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PlainJournal } from '../../test/kit/plain-journal.js';
import type { Runtime } from '../protocol/index.js';
import type { Journal } from './journal.js';
import { JournalStore } from './journal-store.js';
import type { JournalStoreOptions } from './journal-store.options.js';

const runtime = { agent_id: 'a', conversation_id: 'c' };
const other = { agent_id: null, conversation_id: 'c' };

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'twinlane-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

describe('LibsqlJournal', () => {
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
      { numRuns: Number(process.env['RUNS'] ?? 60), verbose: 1, ...(process.env['RUNS'] ? {} : { seed: 20_261_123 }) },
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
