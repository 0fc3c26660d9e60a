import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { settle } from '../../test/kit/manual-clock.js';
import { covers, RUNTIMES, StepWorld } from '../../test/kit/step-world.js';

/** Whether each name stands once and in the order of the truth. */
function expectOrder(world: StepWorld): void {
  for (const name of RUNTIMES) {
    const { entries } = world.history(name);
    for (const [index, entry] of entries.entries()) {
      expect(entry.from).toBeLessThanOrEqual(entry.to);
      const before = entries[index - 1];
      if (before?.epoch === entry.epoch) expect(entry.from).toBe(before.to + 1);
      if (before && before.epoch !== entry.epoch)
        expect(entries.slice(0, index).some(({ epoch }) => epoch === entry.epoch)).toBe(false);
    }
  }
}

/** What the device no longer has to keep is in the history, unless that was lost. */
function expectSafe(world: StepWorld): void {
  if (world.losses > 0) return;
  for (const name of RUNTIMES) {
    const safe = world.journal(name).truth.slice(0, world.safe.get(name));
    const kept = world.history(name).entries.slice(0, world.history(name).committed);
    for (const place of safe) expect(kept.some((entry) => covers(entry, place))).toBe(true);
  }
}

/**
 * After everything has come through: all that the device has kept is there, and what it has not is told as a hole, by number (of an
 * epoch that nothing was kept of only the numbers are known), or is older than all.
 */
function expectComplete(world: StepWorld): void {
  for (const name of RUNTIMES) {
    const { truth, dropped } = world.journal(name);
    const { entries } = world.history(name);
    for (const place of truth.slice(dropped)) expect(entries.filter((entry) => covers(entry, place))).toHaveLength(1);
    const first = truth.findIndex((place) => entries.some((entry) => covers(entry, place)));
    if (first < 0) continue;
    for (const place of truth.slice(first))
      expect(entries.some((entry) => entry.from <= place.seq && place.seq <= entry.to)).toBe(true);
    if (world.losses === 0) expect(first).toBeLessThanOrEqual(dropped);
  }
}

type Step = readonly [label: string, run: (world: StepWorld) => void];

const runtime = fc.constantFrom(...RUNTIMES);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: runtime.map((name): Step => [`append ${name}`, (world) => world.journal(name).append()]) },
  { weight: 5, arbitrary: runtime.map((name): Step => [`commit ${name}`, (world) => world.commitJournal(name)]) },
  { weight: 3, arbitrary: fc.constant<Step>(['connect', (world) => (world.connected ? undefined : world.connect())]) },
  { weight: 1, arbitrary: fc.constant<Step>(['cut', (world) => world.cut()]) },
  {
    weight: 6,
    arbitrary: fc
      .tuple(fc.constantFrom('device' as const, 'relay' as const), fc.integer({ min: 1, max: 6 }))
      .map(([to, count]): Step => [`deliver ${count} to ${to}`, (world) => world.deliver(to, count)]),
  },
  { weight: 3, arbitrary: fc.constant<Step>(['commit history', (world) => world.commitHistory()]) },
  {
    weight: 1,
    arbitrary: runtime.map((name): Step => [
      `remember safe ${name}`,
      (world) => void (world.journal(name).rememberedSafe = world.safe.get(name) ?? 0),
    ]),
  },
  { weight: 1, arbitrary: fc.constant<Step>(['kill device', (world) => world.crashDevice()]) },
  { weight: 1, arbitrary: fc.constant<Step>(['kill relay', (world) => world.crashRelay('tail')]) },
  { weight: 1, arbitrary: fc.constant<Step>(['lose history', (world) => world.crashRelay('everything')]) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(runtime, fc.integer({ min: 1, max: 4 }))
      .map(([name, count]): Step => [`drop ${count} of ${name}`, (world) => world.journal(name).drop(count)]),
  },
);

/** Runs until nothing is on its way any more; bounded. */
async function comeToRest(world: StepWorld): Promise<void> {
  for (const name of RUNTIMES) world.commitJournal(name);
  if (!world.connected) world.connect();
  for (let round = 0; round < 60; round++) {
    for (const name of RUNTIMES) world.wake(name);
    await settle();
    world.deliver('relay', 100);
    world.commitHistory();
    await world.clock.advance(5);
    world.deliver('device', 100);
  }
}

describe('resumable channels, as a model', () => {
  it('C01 C02 C23 C24 bring every event once and in order, whatever breaks at whatever step', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 80 }), async (steps) => {
        const world = new StepWorld();
        for (const [, run] of steps) {
          run(world);
          await settle();
          expectOrder(world);
          expectSafe(world);
        }
        await comeToRest(world);
        expectOrder(world);
        expectComplete(world);
      }),
      { seed: 1, numRuns: 3_000 },
    );
  });
});
