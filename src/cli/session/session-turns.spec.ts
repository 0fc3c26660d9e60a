import { afterEach, beforeEach, expect, it } from 'vitest';
import { AttachBench } from '../../../test/kit/attach-bench.js';
import { output } from '../../../test/kit/fake-client-relay.js';
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

function decisions(): unknown[] {
  return relay
    .commandsOf('input')
    .map(({ payload }) => (payload as { decision?: { behavior: string } }).decision?.behavior)
    .filter((behavior) => behavior !== undefined);
}

/** A session in a turn, which ends with the first answer to an approval. */
async function inTurn() {
  relay.scripts['input'] = (input) => {
    const { kind } = input['payload'] as { kind: string };
    if (kind === 'create_message') return bench.begin(input);
    relay.answer(input, { accepted: true });
    bench.finish();
  };
  const run = await bench.session();
  run.type('go\r');
  await relay.seen(() => relay.commandsOf('input').length === 1);
  return run;
}

it('shows exactly what will run, and only y, pressed afterwards, allows it', async () => {
  const run = await inTurn();
  run.type('y');
  bench.ask('rm -rf ~ \u202e#');
  await run.shows('Allow? [y/N]');
  expect(run.screen).toContain('shell is to run in /work place:\n\n    rm -rf ~ \\u{202e}#\n\nAllow? [y/N]');
  expect(decisions()).toEqual([]);
  run.type('x');
  run.type('y');
  await relay.seen(() => decisions().length === 1);
  expect(decisions()).toEqual(['allow']);
  await run.shows('[ready]> y'); // typed ahead, before there was a question
  run.type(CTRL_C + CTRL_D);
  expect(await run.exit).toBe(0);
});

it('a question that is not answered yet stands below what is said meanwhile', async () => {
  const run = await inTurn();
  bench.ask('make');
  await run.shows('Allow? [y/N]');
  relay.cut();
  await run.shows('nothing is lost.\nAllow? [y/N]');
  expect(run.screen).toMatch(
    /\[y\/N\]\nThe connection broke .*\nAllow\? \[y\/N\]\nConnected again.*\nAllow\? \[y\/N\]$/,
  );
  run.type('y');
  await relay.seen(() => decisions().length === 1);
  await run.shows('nothing is lost.\nAllow? [y/N] yes');
  expect(decisions()).toEqual(['allow']);
  run.type(CTRL_D);
  expect(await run.exit).toBe(0);
});

it('C20 an approval that waits already is answered at the prompt, with Enter', async () => {
  relay.scripts['input'] = (input) => relay.answer(input, { accepted: true });
  const run = await bench.session('--conversation', 'conv-1');
  bench.ask('make');
  await run.shows('type y or n, and Enter.');
  run.type('what?\r');
  run.type('y\r');
  await relay.seen(() => decisions().length === 1);
  expect(decisions()).toEqual(['allow']);
  expect(relay.commandsOf('input')).toHaveLength(1);
  run.type(CTRL_D);
  expect(await run.exit).toBe(0);
});

it('goes on after a command that was refused', async () => {
  relay.scripts['input'] = (input) =>
    relay.answer(input, { accepted: false, error: 'The queue \u001b[2J is full.', error_code: 'COMMAND_FAILED' });
  const run = await bench.session();
  run.type('one\r');
  await run.shows('The queue \\u{1b}[2J is full.');
  run.type(CTRL_D);
  expect(await run.exit).toBe(0);
});

it('prints no exit code of a turn that could not be aborted', async () => {
  relay.scripts['input'] = bench.begin;
  relay.scripts['abort_message'] = (command) => relay.answer(command, { success: false, error: 'Not now.' });
  const run = await bench.session();
  run.type('make\r');
  await relay.seen(() => relay.commandsOf('input').length === 1);
  relay.emit('stream_delta', output('stdout', 'working\n'));
  await run.shows('working');
  run.type(CTRL_C);
  await run.shows('The turn could not be aborted: Not now.');
  await run.shows('[busy]>');
  expect(run.screen).not.toContain('exit code');
  run.type(CTRL_D);
  expect(await run.exit).toBe(0);
});

it('keeps from running what was typed ahead of a Ctrl-C, and does not lose it', async () => {
  relay.scripts['input'] = bench.begin;
  relay.scripts['abort_message'] = (command) => {
    relay.answer(command, { success: true, aborted: true });
    bench.finish('cancelled');
  };
  const run = await bench.session();
  run.type('make\r');
  await relay.seen(() => relay.commandsOf('input').length === 1);
  relay.emit('stream_delta', output('stdout', 'working\n'));
  await run.shows('working');
  run.type(`make install\rhalf${CTRL_C}`);
  await run.shows('What was typed ahead is not sent now; the up key brings it back.');
  await run.shows('[ready]> half');
  run.type(`${CTRL_C}\u001b[A`);
  await run.shows('[ready]> make install');
  expect(relay.commandsOf('input')).toHaveLength(1);
  run.type(CTRL_C + CTRL_D);
  expect(await run.exit).toBe(0);
});

it('says once that a turn was aborted, whether its tool says so too or not', async () => {
  relay.scripts['abort_message'] = (command) => {
    relay.answer(command, { success: true, aborted: true });
    const isFirst = relay.commandsOf('abort_message').length === 1;
    const delta = { message_type: 'tool_return_message', run_id: 'run-1', status: 'error' };
    if (isFirst) relay.emit('stream_delta', { delta: { ...delta, tool_return: 'The turn was aborted.' } });
    bench.finish('cancelled');
  };
  relay.scripts['input'] = (input) => {
    bench.begin(input);
    relay.emit('stream_delta', output('stdout', 'working\n'));
  };
  const run = await bench.session();
  for (const times of [1, 2]) {
    const count = (screen: string, what: RegExp) => screen.match(what)?.length;
    run.type('make\r');
    await run.holds((screen) => count(screen, /^working$/gm) === times);
    run.type(CTRL_C);
    await run.holds((screen) => count(screen, /^The turn was aborted\.\n+.*\[ready\]>/gm) === times);
  }
  run.type(CTRL_D);
  expect(await run.exit).toBe(0);
  expect(run.screen.match(/The turn was aborted\./g)).toHaveLength(2);
});

it('says why a turn was aborted that nobody here aborted', async () => {
  relay.scripts['input'] = (input) => {
    bench.begin(input);
    const error = 'The listener was stopped; the turn was aborted.';
    relay.emit('turn_finished', { turn_id: 'turn-1', stop_reason: 'cancelled', run_id: 'run-1', error });
  };
  const run = await bench.session();
  run.type('make\r');
  await run.shows('The listener was stopped; the turn was aborted.');
  run.type(CTRL_D);
  expect(await run.exit).toBe(0);
  expect(run.screen).not.toContain('The turn was aborted.\n');
});

it('shows what a tool does, and what it changes, in colour', async () => {
  relay.scripts['input'] = bench.begin;
  const run = await bench.session();
  run.type('fix it\r');
  await relay.seen(() => relay.commandsOf('input').length === 1);
  const tool = (fields: object) => relay.emit('stream_delta', { delta: { run_id: 'run-1', ...fields } });
  tool({ message_type: 'client_tool_start', tool_call_id: 'c', tool_name: 'edit', title: 'Edit notes.txt' });
  const diffs = [{ path: 'notes.txt', patch: '@@ -1 +1 @@\n-old\n+new\n', created: false }];
  tool({ message_type: 'tool_return_message', tool_call_id: 'c', status: 'running', tool_return: '', diffs });
  await run.shows('> Edit notes.txt\nnotes.txt\n@@ -1 +1 @@\n-old\n+new\n');
  tool({ message_type: 'status', level: 'info', message: 'Plan:\n[>] look' });
  tool({ message_type: 'status', level: 'warning', message: 'Left out of the message: audio.' });
  await run.shows('Plan:\n[>] look\nLeft out of the message: audio.\n');
  expect(run.out).toContain('\u001b[32m+new\u001b[39m');
  bench.finish();
  await run.shows('[ready]>');
  run.type(CTRL_D);
  expect(await run.exit).toBe(0);
});

it('says that a long turn goes on, until it ends', async () => {
  const manual = new ManualClock();
  bench.clock = manual;
  relay.scripts['input'] = bench.begin;
  const run = await bench.session();
  run.type('make\r');
  await relay.seen(() => relay.commandsOf('input').length === 1);
  relay.emit('stream_delta', output('stdout', 'begun\n'));
  await run.shows('begun');
  await manual.advance(4_000);
  await run.shows('4 s, 6 bytes');
  bench.finish();
  await run.shows('begun\nlaptop:/home/me/project [ready]>');
  expect(run.screen).not.toContain('6 bytes');
  run.type(CTRL_D);
  expect(await run.exit).toBe(0);
});
