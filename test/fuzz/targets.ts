import fc from 'fast-check';
import { SYSTEM_CLOCK, withDeadline } from '../../src/protocol/index.js';
import { clientCases, ClientTarget } from './client-target.js';
import { listenerCases, ListenerTarget } from './listener-target.js';
import { relayCases } from './relay-cases.js';
import { RelayTarget } from './relay-target.js';
import { Finding, heapInUse, promise, Tally } from './watch.js';

/** Something of ours that has peers, and cases of what they may do to it. */
interface Target {
  /** @throws Finding when something does not hold that is promised */
  check(seed: number, runs: number): Promise<void>;
  close(): Promise<void>;
}

interface Runner<C> {
  run(attempt: C): Promise<void>;
  close(): Promise<void>;
}

type StartTarget = (tally: Tally) => Promise<Target>;

/** What stays in memory of any number of cases, histories and lists that have bounds of their own included. */
const MAX_GROWTH_BYTES = 64 * 2 ** 20;
/** A case, or a close, that takes this long hangs; none takes more than a hundredth of it. In ms. */
const CASE_MS = 60_000;
/** Until caches and lists are as long as they become. */
const WARM_UP_RUNS = 5;
/** A finding is made smaller for so long, and the last try of that; a try that takes long hangs. In ms. */
const SHRINK_MS = 120_000;
const SHRINK_CASE_MS = 20_000;

export const TARGETS: Readonly<Record<'relay' | 'listener' | 'client', StartTarget>> = {
  relay: (tally) => targetOf(relayCases, RelayTarget.start, tally),
  listener: (tally) => targetOf(listenerCases, ListenerTarget.start, tally),
  client: (tally) => targetOf(clientCases, ClientTarget.start, tally),
};

async function targetOf<C>(
  cases: fc.Arbitrary<C>,
  start: (tally: Tally) => Promise<Runner<C>>,
  tally: Tally,
): Promise<Target> {
  const target = await start(tally);
  let early: number | undefined;
  const assert = async (seed: number, numRuns: number): Promise<void> => {
    const property = fc.asyncProperty(cases, (attempt) => {
      tally.add('cases');
      return target.run(attempt);
    });
    // Not made smaller on this one: it has what the finding has left.
    const found = await fc.check(property, { seed, numRuns, timeout: CASE_MS, endOnFailure: true });
    if (found.failed) throw new Finding(await explained(cases, start, found));
  };
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
    close: () => closed(target),
  };
}

/** A finding in words, and the smallest case that shows it on a target of its own, where one does. */
async function explained<C>(
  cases: fc.Arbitrary<C>,
  start: (tally: Tally) => Promise<Runner<C>>,
  found: fc.RunDetails<[C]>,
): Promise<string> {
  const { seed, counterexamplePath: path } = found;
  const said = (details: fc.RunDetails<[C]>): string =>
    `${fc.defaultReportMessage(details) ?? ''}\n${details.errorInstance instanceof Error ? (details.errorInstance.stack ?? '') : ''}`;
  if (path === null) return said(found);
  const property = fc.asyncProperty(cases, async (attempt) => {
    const fresh = await start(new Tally());
    try {
      await fresh.run(attempt);
    } finally {
      await closed(fresh);
    }
  });
  const least = await fc.check(property, {
    seed,
    path,
    numRuns: 1,
    timeout: SHRINK_CASE_MS,
    interruptAfterTimeLimit: SHRINK_MS,
  });
  if (least.failed && least.counterexample) return said(least);
  return `${said(found)}\nAlone the case shows nothing: it needs what earlier cases of its round have left.`;
}

async function closed(target: { close(): Promise<void> }): Promise<void> {
  const late = (): Finding => new Finding(`It did not close within ${CASE_MS} ms.`);
  await withDeadline(target.close(), CASE_MS, SYSTEM_CLOCK, late);
}
