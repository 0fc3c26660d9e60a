import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { AttachBench } from '../../../test/kit/attach-bench.js';
import { environmentRecord, loopStatus, output } from '../../../test/kit/fake-client-relay.js';
import { ManualClock } from '../../../test/kit/manual-clock.js';

const CTRL_C = '\u0003';
const CTRL_D = '\u0004';

let bench: AttachBench;
let relay: AttachBench['relay'];
beforeEach(async () => {
  bench = await AttachBench.start();
  ({ relay } = bench);
});
afterEach(() => bench.stop());

it('C01 says that the connection broke, and that nothing was lost when it is back', async () => {
  relay.scripts['input'] = bench.begin;
  const run = await bench.session();
  run.type('make\r');
  await relay.seen(() => relay.commandsOf('input').length === 1);
  relay.emit('stream_delta', output('stdout', 'before\n'));
  await run.shows('before');
  relay.cut();
  relay.emit('stream_delta', output('stdout', 'meanwhile\n'));
  bench.finish();
  await run.shows('Connected again');
  await run.shows('meanwhile');
  expect(run.screen).toMatch(/before\nThe connection broke .*; trying again\. Turns go on meanwhile\.\n/);
  expect(run.screen).toContain('Connected again: what happened meanwhile follows, nothing is lost.');
  run.type(CTRL_D);
  expect(await run.exit).toBe(0);
});

it('C33 says what was lost where the relay no longer has it', async () => {
  relay.scripts['input'] = bench.begin;
  const run = await bench.session();
  run.type('make\r');
  await relay.seen(() => relay.commandsOf('input').length === 1);
  relay.emit('stream_delta', output('stdout', 'before\n'));
  await run.shows('before');
  relay.cut();
  relay.emit('stream_delta', output('stdout', 'meanwhile\n'));
  relay.forget();
  await run.shows('not all that happened meanwhile was kept');
  await run.shows('Events 3 to 3 were lost on the way');
  bench.finish();
  run.type(CTRL_D);
  expect(await run.exit).toBe(0);
});

it('shows in the prompt that there is no connection, and that somebody else is at work', async () => {
  const run = await bench.session();
  relay.emit('update_device_status', { device_status: { current_working_directory: '/elsewhere' } });
  await run.shows('laptop:/elsewhere [ready]>');
  run.type('half a li');
  await run.shows('li');
  relay.emit('update_loop_status', loopStatus('EXECUTING_COMMAND', 'run-9'));
  await run.shows('laptop:/elsewhere [busy]>');
  relay.emit('stream_delta', output('stdout', 'theirs\n', 'run-9'));
  await run.shows('theirs');
  relay.emit('turn_finished', { turn_id: 'turn-9', stop_reason: 'end_turn', run_id: 'run-9' });
  relay.refuse = { status: 503, body: '' };
  relay.cut();
  await run.shows('[reconnecting]>');
  expect(run.screen).toMatch(/Another client has started a turn here:\ntheirs\nThe connection broke/);
  expect(run.screen.split('\n').at(-1)).toBe('laptop:/elsewhere [reconnecting]> half a li');
  run.type(CTRL_C + CTRL_C + CTRL_C);
  expect(await run.exit).toBe(130);
});

it('stays clean over many prompts', async () => {
  const warnings: Error[] = [];
  const warned = (warning: Error): void => void warnings.push(warning);
  process.on('warning', warned);
  relay.scripts['input'] = (input) => {
    bench.begin(input);
    relay.emit('stream_delta', output('stdout', `turn ${relay.commandsOf('input').length}\n`));
    bench.finish();
  };
  const run = await bench.session();
  for (let i = 1; i <= 15; i++) {
    run.type('next\r');
    await run.shows(`turn ${i}\nlaptop:/home/me/project [ready]>`);
  }
  run.type(CTRL_D);
  expect(await run.exit).toBe(0);
  process.off('warning', warned);
  expect(warnings).toEqual([]);
  expect(run.screen.match(/turn \d+/g)).toHaveLength(15);
});

it('ends when the process is asked to stop', async () => {
  const run = await bench.session();
  run.interrupt();
  expect(await run.exit).toBe(130);
});

it('exits 77 when the token is refused on the way', async () => {
  const run = await bench.session();
  relay.refuse = { status: 401, body: JSON.stringify({ errorCode: 'TOKEN_REFUSED', message: 'No longer.' }) };
  relay.cut();
  expect(await run.exit).toBe(77);
  expect(run.stderr.text).toBe('No longer.\n');
});

it('runs what is typed also where it cannot be kept, and says so once', async () => {
  relay.scripts['input'] = (input) => {
    bench.begin(input);
    bench.finish();
  };
  const run = await bench.session();
  await mkdir(path.join(bench.data.path, 'history'), { recursive: true });
  run.type('first\r');
  await relay.seen(() => relay.commandsOf('input').length === 1);
  await run.shows('What you type is not kept from now on');
  run.type('second\r');
  await relay.seen(() => relay.commandsOf('input').length === 2);
  run.type(CTRL_D);
  expect(await run.exit).toBe(0);
  expect(run.screen.match(/is not kept/g)).toHaveLength(1);
});

it('shows in the prompt that the listener is away or offline, and that it is back', async () => {
  const manual = new ManualClock();
  bench.clock = manual;
  relay.scripts['input'] = bench.begin;
  const run = await bench.session();
  const online = environmentRecord('env-1', 'laptop');
  relay.environments = [{ ...online, awaySince: 1_000 }];
  run.type('make\r');
  await relay.seen(() => relay.commandsOf('input').length === 1);
  await manual.advance(5_000);
  await run.shows('The listener of laptop is away; waiting for it (Ctrl-C leaves).');
  bench.finish();
  await run.shows('laptop:/home/me/project [away]>');
  relay.environments = [environmentRecord('env-1', 'laptop', false)];
  await manual.advance(5_000);
  await run.shows('laptop:/home/me/project [offline]>');
  relay.environments = [online];
  await manual.advance(5_000);
  await run.shows('The listener of laptop is back.');
  await run.shows('laptop:/home/me/project [ready]>');
  run.type(CTRL_D);
  expect(await run.exit).toBe(0);
});

it('leaves on the first Ctrl-C while the listener is away', async () => {
  const manual = new ManualClock();
  bench.clock = manual;
  relay.scripts['input'] = () => {};
  const run = await bench.session();
  relay.environments = [{ ...environmentRecord('env-1', 'laptop'), awaySince: 1_000 }];
  run.type('make\r');
  await relay.seen(() => relay.commandsOf('input').length === 1);
  await manual.advance(2_000);
  await run.shows('is away');
  run.type(CTRL_C);
  expect(await run.exit).toBe(130);
});
