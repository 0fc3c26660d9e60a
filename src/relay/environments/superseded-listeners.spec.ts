import { expect, it } from 'vitest';
import { ManualClock } from '../../../test/kit/manual-clock.js';
import { issueLease } from './environment.js';
import { SupersededListeners } from './superseded-listeners.js';

const { lease: STOCK } = issueLease('env-1', 1, {});
const { lease: NAMED } = issueLease('env-1', 2, { processInstanceId: 'p1' });

/** Nodes of one relay. */
function nodes(count: number): { readonly clock: ManualClock; readonly all: readonly SupersededListeners[] } {
  const clock = new ManualClock();
  const all = Array.from({ length: count }, () => new SupersededListeners(clock));
  for (const one of all)
    one.observe((news) => {
      for (const other of all) if (other !== one) other.hear(news);
    });
  return { clock, all };
}

it.each([1, 2, 3])(
  'C15 one that comes back is sent to register once, and refused once, at any of %i nodes',
  (count) => {
    const { all } = nodes(count);
    const at = (n: number): SupersededListeners => all[n % count] as SupersededListeners;
    expect(at(0).tell(STOCK)).toBe(false);
    expect(at(1).takes('env-1')).toBe(false);
    expect(at(1).tell(STOCK)).toBe(true);
    expect(at(2).takes('env-1')).toBe(true);
    for (const one of all) expect(one.takes('env-1')).toBe(false);
  },
);

it('a registration that comes late is another process', async () => {
  const { clock, all } = nodes(2);
  for (const one of all) one.tell(STOCK);
  await clock.advance(10_001);
  for (const one of all) expect(one.takes('env-1')).toBe(false);
});

it('one that says which process it is, the registry knows', () => {
  const { all } = nodes(1);
  expect(all.map((one) => [one.tell(NAMED), one.tell(NAMED), one.takes('env-1')])).toEqual([[false, false, false]]);
});
