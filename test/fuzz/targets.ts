import fc from 'fast-check';
import { listenerCases, ListenerTarget } from './listener-target.js';
import { relayCases } from './relay-cases.js';
import { RelayTarget } from './relay-target.js';
import { heapInUse, promise, type Tally } from './watch.js';

/** Something of ours that has peers, and cases of what they may do to it. */
interface Target {
  /** @throws Finding when something does not hold that is promised */
  check(seed: number, runs: number): Promise<void>;
  close(): Promise<void>;
}

type StartTarget = (tally: Tally) => Promise<Target>;

/** What stays in memory of any number of cases, histories and lists that have bounds of their own included. */
const MAX_GROWTH_BYTES = 64 * 2 ** 20;
/** A case that takes this long hangs; none takes more than a hundredth of it. In ms. */
const CASE_MS = 60_000;
/** Until caches and lists are as long as they become. */
const WARM_UP_RUNS = 5;

export const TARGETS: Readonly<Record<'relay' | 'listener', StartTarget>> = {
  relay: async (tally) => targetOf(relayCases, await RelayTarget.start(tally), tally),
  listener: async (tally) => targetOf(listenerCases, await ListenerTarget.start(tally), tally),
};

function targetOf<C>(
  cases: fc.Arbitrary<C>,
  target: { run(attempt: C): Promise<void>; close(): Promise<void> },
  tally: Tally,
): Target {
  let early: number | undefined;
  const assert = (seed: number, numRuns: number): Promise<void> =>
    fc.assert(
      fc.asyncProperty(cases, (attempt) => {
        tally.add('cases');
        return target.run(attempt);
      }),
      // What hangs is not made smaller: each try would take as long, and find what the first has left.
      { seed, numRuns, timeout: CASE_MS, endOnFailure: true },
    );
  return {
    async check(seed, runs) {
      if (early === undefined) {
        await assert(seed, WARM_UP_RUNS);
        early = heapInUse();
      }
      await assert(seed, runs);
      const growth = heapInUse() - early;
      promise(growth < MAX_GROWTH_BYTES, () => `Memory has grown by ${growth} bytes.`);
    },
    close: () => target.close(),
  };
}
