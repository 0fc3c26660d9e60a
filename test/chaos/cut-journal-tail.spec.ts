import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Journal, JournalStore } from '../../src/journal/index.js';
import { temporaryDirectory } from '../kit/cli.js';
import { ManualClock } from '../kit/manual-clock.js';
import { cutJournalTail } from './cut-journal-tail.js';

const RUNTIME = { agent_id: null, conversation_id: 'conv-1' };

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let clock: ManualClock;
let store: JournalStore;

beforeEach(async () => {
  directory = await temporaryDirectory();
  clock = new ManualClock();
  open();
});
afterEach(() => directory.remove());

function open(): Journal {
  store = new JournalStore(path.join(directory.path, 'journal.db'), { clock });
  return store.open('device');
}

async function append(journal: Journal, epoch: string, seqs: readonly number[]): Promise<void> {
  for (const seq of seqs) {
    const { position } = journal.append(RUNTIME, { epoch, seq, type: 'stream_delta', frame: `{"n":${seq}}` });
    await journal.committed(RUNTIME, position);
  }
}

it('takes what was committed since a moment, and every trace of it', async () => {
  const journal = store.open('device');
  await append(journal, 'first', [1, 2]);
  await append(journal, 'second', [3, 4]);
  const since = clock.now() + 1;
  await clock.advance(10);
  await append(journal, 'second', [5]);
  await append(journal, 'third', [6, 7]);
  await store.close();

  cutJournalTail(directory.path, since);
  const reopened = open();
  expect(reopened.read(RUNTIME, 0, 100).map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
  expect(reopened.bounds(RUNTIME)).toEqual({ oldest: 1, head: 4 });
  expect(reopened.epochs(RUNTIME)).toMatchObject([
    { epoch: 'first', last: 2 },
    { epoch: 'second', last: 4 },
  ]);
  await append(reopened, 'fourth', [5]);
  expect(reopened.bounds(RUNTIME).head).toBe(5);
  await store.close();
});

it('says so when there is nothing to take', async () => {
  await store.close();
  expect(() => cutJournalTail(directory.path, clock.now())).toThrow('no journal');
});
