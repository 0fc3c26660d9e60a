import { expect, it } from 'vitest';
import { ManualClock } from '../../test/kit/manual-clock.js';
import { LossLog } from './loss-log.js';

const runtime = (name: string, agent: string | null = null) => ({ agent_id: agent, conversation_id: name });

it('tells how many events are lost at most once a minute, and a few of the runtimes', async () => {
  const clock = new ManualClock();
  const told: string[] = [];
  const log = new LossLog(clock, (events, runtimes) => told.push(`${events} of ${runtimes}`));
  log.add(runtime('quiet'), 0);
  log.add(runtime('a', 'x'), 2);
  for (const name of ['b', 'c', 'd', 'e', 'b']) log.add(runtime(name), 10);
  expect(told).toEqual(['2 of "x/a"']);
  await clock.advance(60_000);
  log.add(runtime('b'), 1);
  expect(told).toEqual(['2 of "x/a"', '51 of "b", "c", "d" and others']);
  await clock.advance(60_000);
  log.add(runtime('a\n'), 1);
  expect(told.at(-1)).toBe('1 of "a\\n"');
  expect(clock.pending).toBe(0);
});
