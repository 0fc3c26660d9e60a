import path from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { temporaryDirectory } from '../../../test/kit/cli.js';
import { JournalStore, MemoryJournal, type Journal } from '../../journal/index.js';
import { forgetHistory } from './forget-history.js';

const RUNTIME = { agent_id: null, conversation_id: 'c1' };
const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
});

const JOURNALS: Readonly<Record<string, () => Promise<[Journal, Journal]>>> = {
  'in memory': async () => [new MemoryJournal(), new MemoryJournal()],
  'on disk': async () => {
    const { path: directory, remove } = await temporaryDirectory();
    const store = new JournalStore(path.join(directory, 'history.db'), {});
    cleanUps.push(remove, () => store.close());
    return [store.open('env-1'), store.open('env-2')];
  },
};

it.each(Object.entries(JOURNALS))(
  '%s nothing of a deleted environment can be read, and all of another one',
  async (_, open) => {
    const journals = await open();
    for (const journal of journals) {
      const event = { epoch: 'e1', type: 'update_queue', frame: '{"secret":true}', keep: 'snapshot' };
      journal.append(RUNTIME, { ...event, seq: 1 });
      await journal.committed(RUNTIME, journal.append(RUNTIME, { ...event, seq: 2 }).position);
    }
    const [deleted, other] = journals;
    forgetHistory(deleted);
    expect([deleted.read(RUNTIME, 0, 10), [...deleted.kept(RUNTIME)]]).toEqual([[], []]);
    expect(deleted.last(RUNTIME, 'e1')).toMatchObject({ seq: 2 });
    expect([other.read(RUNTIME, 0, 10).length, other.kept(RUNTIME).size]).toEqual([2, 1]);
  },
);
