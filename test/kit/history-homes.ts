import type { Journal } from '../../src/journal/index.js';
import type { Runtime } from '../../src/protocol/index.js';
import { FakeLink, type FakeHistoryWorld } from './fake-history-world.js';

/** Of which histories tell. */
export const runtime = { agent_id: 'a', conversation_id: 'c' };
export const other = { agent_id: null, conversation_id: 'c' };
export const entry = (seq: number, epoch = 'e1') => ({ epoch, seq, type: 'stream_delta', frame: `{"n":${seq}}` });

/** @returns resolves when all of them are committed */
export function appendAll(
  journal: Journal,
  from: number,
  to: number,
  epoch = 'e1',
  at: Runtime = runtime,
): Promise<void> {
  let committed = Promise.resolve();
  for (let seq = from; seq <= to; seq++)
    committed = journal.committed(at, journal.append(at, entry(seq, epoch)).position);
  return committed;
}

/** What the next home of `env` sees. */
export async function nextHome(world: FakeHistoryWorld, term: number): Promise<Journal> {
  const node = world.node();
  await node.prepare('env', term);
  return node.open('env');
}

/** The home of `env`. */
export async function homeAt(world: FakeHistoryWorld, term = 1, link = new FakeLink()): Promise<Journal> {
  const node = world.node(link);
  await node.prepare('env', term);
  return node.open('env');
}
