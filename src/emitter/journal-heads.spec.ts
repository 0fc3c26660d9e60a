import { expect, it } from 'vitest';
import { MemoryJournal } from '../journal/index.js';
import { MAX_JOURNALS, readJournals } from '../protocol/index.js';
import { journalHeads } from './journal-heads.js';

function announced(journal: MemoryJournal): readonly string[] {
  const source = journalHeads(journal, 'e1');
  const names: string[] = [];
  for (let frame = source.next(); frame; frame = source.next()) {
    const piece = readJournals(JSON.parse(frame.text) as object & { type: string });
    names.push(...(piece?.heads ?? []).map(({ runtime }) => runtime.conversation_id));
  }
  return names;
}

it('announces the runtimes that appended last where a journal has too many', () => {
  const journal = new MemoryJournal();
  const runtimeOf = (n: number) => ({ agent_id: null, conversation_id: `c${n}` });
  const append = (n: number, seq: number) => journal.append(runtimeOf(n), { epoch: 'e1', seq, type: 'x', frame: '{}' });
  for (let n = 0; n <= MAX_JOURNALS; n++) append(n, 1);
  append(0, 2);
  const names = announced(journal);
  expect(names).toHaveLength(MAX_JOURNALS);
  expect(names).toContain('c0');
  expect(names).not.toContain('c1');
});
