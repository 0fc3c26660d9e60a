import { afterAll, beforeAll, it } from 'vitest';
import { TARGETS } from './targets.js';
import { Tally } from './watch.js';

const { FUZZ_SEED: seedText = '0', FUZZ_MINUTES: minutesText = '0' } = process.env;
/** Cases of one target under one seed. The runs before them only warm up. */
const RUNS = 100;
const MOST_SEED = 2 ** 31 - 1;

const tally = new Tally();
const targets: { name: string; target: Awaited<ReturnType<(typeof TARGETS)['relay']>> }[] = [];
const say = (text: string): boolean => process.stdout.write(`${text}\n`);

beforeAll(async () => {
  for (const [name, start] of Object.entries(TARGETS)) targets.push({ name, target: await start(tally) });
});
afterAll(async () => {
  for (const { target } of targets) await target.close();
  for (const line of tally.lines()) say(line);
});

it('finds nothing', async () => {
  const began = Date.now();
  const until = began + Number(minutesText) * 60_000;
  // At least one round: that is how a seed is tried again.
  for (let round = 0; round === 0 || Date.now() < until; round++) {
    const seed = (Number(seedText) + round) % MOST_SEED;
    for (const { name, target } of targets) {
      try {
        await target.check(seed, RUNS);
      } catch (error) {
        say(`${name}: found with seed ${seed}; again: npm run fuzz -- --minutes 0 --seed ${seed}`);
        throw error;
      }
    }
    const minutes = ((Date.now() - began) / 60_000).toFixed(1);
    say(`${minutes} min: seed ${seed} found nothing; ${tally.get('cases')} cases so far`);
  }
});
