import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Logger } from '@nestjs/common';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDatabase } from '../journal/index.js';
import type { Runtime } from '../protocol/index.js';
import type { InputAnswer, InputLedger } from './input-ledger.js';
import { acceptedInput, type AcceptedInput } from './input-queue.js';
import { LEDGER_MIGRATIONS } from './ledger.statements.js';
import { LibsqlInputLedger } from './libsql-input-ledger.js';
import { MemoryInputLedger } from './memory-input-ledger.js';

const ACCEPTER = fileURLToPath(new URL('../../test/kit/input-accepter.mjs', import.meta.url));
const BOUND = 4;
const RUNTIMES: readonly Runtime[] = [
  { agent_id: 'agent-1', conversation_id: 'conv-1' },
  { agent_id: null, conversation_id: 'conv-1' },
];
const [RUNTIME = { agent_id: null, conversation_id: 'conv' }] = RUNTIMES;
const QUEUED: InputAnswer = { accepted: true, disposition: 'queued' };
const TURN = { turnId: 'turn-1', runId: 'run-1' };

let folder: string;
let file: string;
beforeEach(async () => {
  Logger.overrideLogger(false);
  folder = await mkdtemp(path.join(os.tmpdir(), 'twinlane-ledger-'));
  file = path.join(folder, 'ledger.db');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const inputOf = (id: string, ...messageIds: readonly string[]): AcceptedInput =>
  acceptedInput(
    messageIds.map((client_message_id) => ({
      role: 'user',
      content: `text of ${client_message_id}`,
      client_message_id,
    })),
    '2026-01-01T00:00:00.000Z',
    id,
  );

describe('LibsqlInputLedger', () => {
  it('C21 C23 gives the next process what was accepted, started, asked and set', () => {
    const first = LibsqlInputLedger.open(file, BOUND);
    first.accept(RUNTIME, inputOf('i1', 'm1'), { accepted: true, disposition: 'started' });
    first.started('i1', TURN);
    first.asked('i1', 'approval-1');
    first.asked('i1', 'approval-2');
    first.resolved('approval-1');
    first.acted('i1');
    first.accept(RUNTIME, inputOf('i2', 'm2', 'm3'), QUEUED);
    first.configure(RUNTIME, { mode: 'unrestricted' });
    first.configure(RUNTIME, { cwd: '/work' });
    first.close();
    const second = LibsqlInputLedger.open(file, BOUND);
    expect(second.answerTo(RUNTIME, 'm1')).toEqual({ accepted: true, disposition: 'started' });
    expect(second.answerTo(RUNTIME, 'm3')).toEqual(QUEUED);
    expect(second.answerTo({ agent_id: null, conversation_id: 'conv-1' }, 'm1')).toBeUndefined();
    expect(second.settingsOf(RUNTIME)).toEqual({ mode: 'unrestricted', cwd: '/work' });
    expect(second.unfinished()).toEqual([
      { runtime: RUNTIME, input: inputOf('i1', 'm1'), turn: TURN, approvals: ['approval-2'], acted: true },
      { runtime: RUNTIME, input: inputOf('i2', 'm2', 'm3'), turn: undefined, approvals: [], acted: false },
    ]);
    second.close();
  });

  it('refuses what it cannot keep, keeps nothing of it, and catches up with the rest when the disk has room', () => {
    const database = openDatabase(file, LEDGER_MIGRATIONS);
    const ledger = new LibsqlInputLedger(database, BOUND);
    ledger.accept(RUNTIME, inputOf('i1', 'm1'), QUEUED);
    const [pages = 0] = database.prepare('PRAGMA page_count').pluck().all([]) as number[];
    database.exec(`PRAGMA max_page_count=${pages}`);
    const large = acceptedInput(
      [{ role: 'user', content: 'x'.repeat(100_000), client_message_id: 'm2' }],
      '2026-01-01T00:00:00.000Z',
    );
    expect(() => ledger.accept(RUNTIME, large, QUEUED)).toThrow('Free space on the device');
    expect(ledger.answerTo(RUNTIME, 'm2')).toBeUndefined();
    ledger.configure(RUNTIME, { cwd: `/${'x'.repeat(100_000)}` });
    ledger.started('i1', TURN);
    ledger.ended('i1');
    expect(ledger.unfinished()).toHaveLength(1);
    // What is overdue comes first.
    expect(() => ledger.accept(RUNTIME, inputOf('i3', 'm3'), QUEUED)).toThrow('Free space on the device');
    database.exec(`PRAGMA max_page_count=${pages + 1_000}`);
    ledger.accept(RUNTIME, large, QUEUED);
    expect(ledger.unfinished().map(({ input }) => input)).toEqual([large]);
    expect(ledger.settingsOf(RUNTIME).cwd).toHaveLength(100_001);
    ledger.close();
  });

  it('remembers the runtimes used last, and never forgets what has not ended', () => {
    const first = LibsqlInputLedger.open(file, BOUND);
    const runtime = (n: number): Runtime => ({ agent_id: null, conversation_id: `conv-${n}` });
    for (let n = 0; n < 1_003; n++) first.accept(runtime(n), inputOf(`i${n}`, 'm1'), QUEUED);
    first.close();
    const second = LibsqlInputLedger.open(file, BOUND);
    expect([2, 3, 1_002].map((n) => second.answerTo(runtime(n), 'm1'))).toEqual([undefined, QUEUED, QUEUED]);
    expect(second.unfinished()).toHaveLength(1_003);
    second.close();
  });

  it('writes nothing once it is closed', () => {
    const ledger = LibsqlInputLedger.open(file, BOUND);
    ledger.close();
    ledger.close();
    expect(() => ledger.accept(RUNTIME, inputOf('i1', 'm1'), QUEUED)).toThrow('not accepted');
    ledger.ended('i1');
    const next = LibsqlInputLedger.open(file, BOUND);
    expect(next.unfinished()).toEqual([]);
    next.close();
  });

  it('C21 loses nothing that was said to be accepted when its process is killed', async () => {
    for (const printed of [1, 40, 200]) {
      const killed = `${file}.${printed}`;
      const child = fork(ACCEPTER, [killed], { stdio: 'ignore' });
      const accepted: string[] = [];
      child.on('message', (id: string) => {
        accepted.push(id);
        if (accepted.length === printed) child.kill('SIGKILL');
      });
      await once(child, 'close');
      const ledger = LibsqlInputLedger.open(killed, 1_000_000);
      const kept = ledger.unfinished().map(({ input }) => input.item.id);
      expect(accepted.length).toBeGreaterThanOrEqual(printed);
      expect(kept.slice(0, accepted.length)).toEqual(accepted);
      expect(accepted.map((id) => ledger.answerTo({ agent_id: null, conversation_id: 'conv' }, `m-${id}`))).toEqual(
        accepted.map(() => QUEUED),
      );
      ledger.close();
    }
  });
});

interface Step {
  readonly name: string;
  run(ledger: InputLedger): void;
}

const runtime = fc.constantFrom(...RUNTIMES);
const number = fc.nat({ max: 5 });
const step: fc.Arbitrary<Step | 'reopen'> = fc.oneof(
  fc.constant('reopen' as const),
  number.map((n) => ({ name: `ended ${n}`, run: (ledger: InputLedger) => ledger.ended(`i${n}`) })),
  number.map((n) => ({ name: `resolved ${n}`, run: (ledger: InputLedger) => ledger.resolved(`a${n}`) })),
  number.map((n) => ({
    name: `started ${n}`,
    run: (ledger: InputLedger) => ledger.started(`i${n}`, { turnId: `turn-${n}`, runId: `run-${n}` }),
  })),
  fc.record({ runtime, mode: fc.option(fc.string()), cwd: fc.option(fc.string()) }).map(({ runtime, mode, cwd }) => ({
    name: `configure ${JSON.stringify([runtime, mode, cwd])}`,
    run: (ledger: InputLedger) => ledger.configure(runtime, { mode: mode ?? undefined, cwd: cwd ?? undefined }),
  })),
);

const accepting = fc.record({
  runtime,
  messages: fc.uniqueArray(fc.nat({ max: 9 }), { minLength: 1, maxLength: 3 }),
});
/** Of the input of this number. */
const asking = number;

describe('both ledgers', () => {
  it('know the same after any history, reopened at any point', () => {
    let names = 0;
    const history = fc.array(fc.oneof(step, accepting, asking), { maxLength: 40 });
    fc.assert(
      fc.property(history, (steps) => {
        const database = `${file}.${names++}`;
        const memory = new MemoryInputLedger(BOUND);
        let disk = LibsqlInputLedger.open(database, BOUND);
        let inputs = 0;
        let approvals = 0;
        const both = (run: (ledger: InputLedger) => void): void => [memory, disk].forEach(run);
        for (const next of steps) {
          if (next === 'reopen') {
            disk.close();
            disk = LibsqlInputLedger.open(database, BOUND);
          } else if (typeof next === 'number') {
            const ids = [`i${next}`, `a${approvals++}`] as const;
            // An approval belongs to a turn, and a turn to an input that is there.
            if (memory.unfinished().some(({ input }) => input.item.id === ids[0]))
              both((ledger) => ledger.asked(...ids));
          } else if ('messages' in next) {
            // A conversation asks first, and hands in what is new.
            const fresh = next.messages.map((n) => `m${n}`).filter((id) => !memory.answerTo(next.runtime, id));
            if (fresh.length === 0) continue;
            const input = inputOf(`i${inputs++}`, ...fresh);
            both((ledger) => ledger.accept(next.runtime, input, QUEUED));
          } else both((ledger) => next.run(ledger));
          expect(disk.unfinished()).toEqual(memory.unfinished());
          for (const scope of RUNTIMES) {
            expect(disk.settingsOf(scope)).toEqual(memory.settingsOf(scope));
            for (let n = 0; n < 10; n++) expect(disk.answerTo(scope, `m${n}`)).toEqual(memory.answerTo(scope, `m${n}`));
          }
        }
        disk.close();
      }),
      { seed: 1, numRuns: 60 },
    );
  });
});
