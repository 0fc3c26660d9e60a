import { describe, it } from 'vitest';
import { TARGETS } from './targets.js';
import { Tally } from './watch.js';

const SEED = 20_261_123;
/** Only what hangs takes so long. */
const MOST_MS = 600_000;

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
        await target.check(SEED, runs);
      } finally {
        await target.close();
      }
    },
    MOST_MS,
  );
});
