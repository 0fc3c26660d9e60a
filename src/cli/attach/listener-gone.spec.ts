import { afterEach, beforeEach, expect, it } from 'vitest';
import { AttachBench } from '../../../test/kit/attach-bench.js';
import { ManualClock } from '../../../test/kit/manual-clock.js';

let bench: AttachBench;
let relay: AttachBench['relay'];
beforeEach(async () => {
  bench = await AttachBench.start();
  ({ relay } = bench);
});
afterEach(() => bench.stop());

it('C24 says that the listener is away during a turn, and that it is back', async () => {
  const clock = new ManualClock();
  relay.scripts['input'] = bench.begin;
  const run = bench.attach(['make'], { clock });
  await relay.seen(() => relay.commandsOf('input').length === 1);
  await bench.clockSees(clock, 'away');
  await run.stderr.shows('The listener of laptop is away; waiting for it (Ctrl-C leaves).\n');
  await bench.clockSees(clock, 'linked');
  await run.stderr.shows('The listener of laptop is back.\n');
  bench.finish();
  expect(await run.exit).toBe(0);
  expect(run.stderr.text.match(/is away/g)).toHaveLength(1);
});

it.each(['away', 'offline'] as const)(
  'exits 69 when the listener stays %s during the turn, and says how to go on',
  async (presence) => {
    const clock = new ManualClock();
    relay.scripts['input'] = bench.begin;
    const run = bench.attach(['make'], { clock });
    await relay.seen(() => relay.commandsOf('input').length === 1);
    await bench.clockSees(clock, presence);
    await run.stderr.shows('is away');
    await clock.advance(45_000);
    expect(await run.exit).toBe(69);
    expect(run.stderr.text).toContain('did not come back within 45 s; the outcome of the turn is unknown');
    expect(run.stderr.text).toContain('twinlane attach --conversation conv-1');
  },
);

it('takes a listener that the relay forgot for a moment for one that comes back', async () => {
  const clock = new ManualClock();
  relay.scripts['input'] = bench.begin;
  const run = bench.attach(['make'], { clock });
  await relay.seen(() => relay.commandsOf('input').length === 1);
  await bench.clockSees(clock, 'offline');
  await run.stderr.shows('is away');
  await bench.clockSees(clock, 'linked');
  await run.stderr.shows('is back');
  await clock.advance(60_000);
  bench.exit(0);
  bench.finish();
  expect(await run.exit).toBe(0);
});

it('leaves on Ctrl-C while the listener is away', async () => {
  const clock = new ManualClock();
  relay.scripts['input'] = bench.begin;
  const run = bench.attach(['make'], { clock });
  await relay.seen(() => relay.commandsOf('input').length === 1);
  await bench.clockSees(clock, 'away');
  await run.stderr.shows('is away');
  run.interrupt();
  expect(await run.exit).toBe(130);
  expect(run.stderr.text).toContain('The turn was not aborted');
  expect(relay.commandsOf('abort_message')).toEqual([]);
});

it('says at once that the listener is away, and waits for it for a while only', async () => {
  const clock = new ManualClock();
  bench.listenerIs('away');
  relay.scripts['runtime_start'] = () => {};
  const run = bench.attach(['make'], { clock });
  await run.stderr.shows('The listener of laptop is away; waiting for it (Ctrl-C leaves).\n');
  await relay.seen(() => relay.commandsOf('runtime_start').length === 1);
  await clock.advance(45_000);
  expect(await run.exit).toBe(69);
  expect(run.stderr.text).toContain('The listener of laptop did not come back within 45 s.');
  expect(run.stderr.text).toContain('npx twinlane listen');
  expect(run.stderr.text).not.toContain('runtime_start');
});

it('waits for a listener as long as it is told to', async () => {
  const clock = new ManualClock();
  bench.listenerIs('away');
  relay.scripts['runtime_start'] = () => {};
  const run = bench.attach(['--wait-ms', '90000', 'make'], { clock });
  await relay.seen(() => relay.commandsOf('runtime_start').length === 1);
  await clock.advance(80_000);
  expect(run.stderr.text).toBe('The listener of laptop is away; waiting for it (Ctrl-C leaves).\n');
  await clock.advance(10_000);
  expect(await run.exit).toBe(69);
  expect(run.stderr.text).toContain('The listener of laptop did not come back within 90 s.');
});

it('names no command when the device does not answer', async () => {
  const clock = new ManualClock();
  relay.scripts['runtime_start'] = () => {};
  const run = bench.attach(['make'], { clock });
  await relay.seen(() => relay.commandsOf('runtime_start').length === 1);
  await clock.advance(60_000);
  expect(await run.exit).toBe(69);
  expect(run.stderr.text).toContain('The listener of laptop did not answer in time');
  expect(run.stderr.text).not.toContain('runtime_start');
});
