import { describe, it } from 'vitest';
import { TARGETS } from './targets.js';
import { Tally } from './watch.js';

const SEED = 20_261_123;
/** Only what hangs takes so long. */
const MOST_MS = 600_000;
/** In CI each target has rounds for a third of a minute, the first of which everybody has; seeds go on from there. */
const CI_SHARE_MS = 20_000;
const CI_ROUNDS = 5;
const ROUNDS = process.env['CI'] === 'true' ? CI_ROUNDS : 1;

describe('C29 whatever its peers send, all that is refused is counted and explained, and others go on', () => {
  it.each([
    ['relay', 50],
    ['listener', 20],
    ['client', 50],
  ] as const)(
    '%s',
    async (name, runs) => {
      const target = await TARGETS[name](new Tally());
      try {
        const until = Date.now() + CI_SHARE_MS;
        for (let round = 0; round === 0 || (round < ROUNDS && Date.now() < until); round++)
          await target.check(SEED + round, runs);
      } finally {
        await target.close();
      }
    },
    MOST_MS,
  );
});
