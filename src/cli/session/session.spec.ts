import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { temporaryDirectory } from '../../../test/kit/cli.js';
import {
  environmentRecord,
  FAKE_RUNTIME,
  FakeClientRelay,
  loopStatus,
  messageIdsOf,
  output,
} from '../../../test/kit/fake-client-relay.js';
import { ManualClock } from '../../../test/kit/manual-clock.js';
import { SessionRun } from '../../../test/kit/session-run.js';
import { SYSTEM_CLOCK, type Clock, type Frame } from '../../protocol/index.js';

const CTRL_C = '\u0003';
const CTRL_D = '\u0004';

let relay: FakeClientRelay;
let clock: Clock = SYSTEM_CLOCK;
let data: Awaited<ReturnType<typeof temporaryDirectory>>;
beforeEach(async () => {
  relay = await FakeClientRelay.start();
  data = await temporaryDirectory();
  relay.scripts['runtime_start'] = (command) => relay.answer(command, { success: true, runtime: FAKE_RUNTIME });
});
afterEach(async () => {
  await relay.stop();
  await data.remove();
  clock = SYSTEM_CLOCK;
});

async function session(...args: string[]): Promise<SessionRun> {
  const run = new SessionRun({ relay, data: data.path, clock }, ...args);
  await run.shows('laptop:/home/me/project [ready]>');
  return run;
}
function begin(input: Frame): void {
  relay.answer(input, { accepted: true, disposition: 'started' });
  relay.emit('update_loop_status', loopStatus('EXECUTING_CLIENT_SIDE_TOOL', 'run-1', messageIdsOf(input)[0]));
}
function finish(stop_reason = 'end_turn'): void {
  relay.emit('turn_finished', { turn_id: 'turn-1', stop_reason, run_id: 'run-1' });
}
function ask(command: string): void {
  const request = {
    subtype: 'can_use_tool',
    tool_name: 'shell',
    tool_call_id: 'call-1',
    input: { command, cwd: '/w' },
  };
  relay.emit('control_request', {
    request_id: 'approval-1',
    request: { ...request, permission_suggestions: [], blocked_path: null },
  });
}
function decisions(): unknown[] {
  return relay
    .commandsOf('input')
    .map(({ payload }) => (payload as { decision?: { behavior: string } }).decision?.behavior)
    .filter((behavior) => behavior !== undefined);
}

it('C01 says that the connection broke, and that nothing was lost when it is back', async () => {
  relay.scripts['input'] = begin;
  const run = await session();
  run.type('make\r');
  await relay.seen(() => relay.commandsOf('input').length === 1);
  relay.emit('stream_delta', output('stdout', 'before\n'));
  await run.shows('before');
  relay.cut();
  relay.emit('stream_delta', output('stdout', 'meanwhile\n'));
  finish();
  await run.shows('Connected again');
  await run.shows('meanwhile');
  expect(run.screen).toMatch(/before\nThe connection broke .*; trying again\. Turns go on meanwhile\.\n/);
  expect(run.screen).toContain('Connected again: what happened meanwhile follows, nothing is lost.');
  run.type(CTRL_D);
  expect(await run.exit).toBe(0);
});

it('C33 says what was lost where the relay no longer has it', async () => {
  relay.scripts['input'] = begin;
  const run = await session();
  run.type('make\r');
  await relay.seen(() => relay.commandsOf('input').length === 1);
  relay.emit('stream_delta', output('stdout', 'before\n'));
  await run.shows('before');
  relay.cut();
  relay.emit('stream_delta', output('stdout', 'meanwhile\n'));
  relay.forget();
  await run.shows('not all that happened meanwhile was kept');
  await run.shows('Events 3 to 3 were lost on the way');
  finish();
  run.type(CTRL_D);
  expect(await run.exit).toBe(0);
});

it('shows in the prompt that there is no connection, and that somebody else is at work', async () => {
  const run = await session();
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

it('shows exactly what will run, and only y, pressed afterwards, allows it', async () => {
  relay.scripts['input'] = (input) => {
    const { kind } = input['payload'] as { kind: string };
    if (kind === 'create_message') return begin(input);
    relay.answer(input, { accepted: true });
    finish();
  };
  const run = await session();
  run.type('go\r');
  await relay.seen(() => relay.commandsOf('input').length === 1);
  run.type('y');
  ask('rm -rf ~ \u202e#');
  await run.shows('Allow? [y/N]');
  expect(run.screen).toContain('shell is to run in /w:\n\n    rm -rf ~ \\u{202e}#\n\nAllow? [y/N]');
  expect(decisions()).toEqual([]);
  run.type('x');
  run.type('y');
  await relay.seen(() => decisions().length === 1);
  expect(decisions()).toEqual(['allow']);
  await run.shows('[ready]> y'); // typed ahead, before there was a question
  run.type(CTRL_C + CTRL_D);
  expect(await run.exit).toBe(0);
});

it('C20 an approval that waits already is answered at the prompt, with Enter', async () => {
  relay.scripts['input'] = (input) => relay.answer(input, { accepted: true });
  const run = await session('--conversation', 'conv-1');
  ask('make');
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
  const run = await session();
  run.type('one\r');
  await run.shows('The queue \\u{1b}[2J is full.');
  run.type(CTRL_D);
  expect(await run.exit).toBe(0);
});

it('stays clean over many prompts', async () => {
  const warnings: Error[] = [];
  const warned = (warning: Error): void => void warnings.push(warning);
  process.on('warning', warned);
  relay.scripts['input'] = (input) => {
    begin(input);
    relay.emit('stream_delta', output('stdout', `turn ${relay.commandsOf('input').length}\n`));
    finish();
  };
  const run = await session();
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
  const run = await session();
  run.interrupt();
  expect(await run.exit).toBe(130);
});

it('exits 77 when the token is refused on the way', async () => {
  const run = await session();
  relay.refuse = { status: 401, body: JSON.stringify({ errorCode: 'TOKEN_REFUSED', message: 'No longer.' }) };
  relay.cut();
  expect(await run.exit).toBe(77);
  expect(run.stderr.text).toBe('No longer.\n');
});

it('runs what is typed also where it cannot be kept, and says so once', async () => {
  relay.scripts['input'] = (input) => {
    begin(input);
    finish();
  };
  const run = await session();
  await mkdir(path.join(data.path, 'history'), { recursive: true });
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
  clock = manual;
  relay.scripts['input'] = begin;
  const run = await session();
  const online = environmentRecord('env-1', 'laptop');
  relay.environments = [{ ...online, awaySince: 1_000 }];
  run.type('make\r');
  await relay.seen(() => relay.commandsOf('input').length === 1);
  await manual.advance(5_000);
  await run.shows('The listener of laptop is away; waiting for it (Ctrl-C leaves).');
  finish();
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
  clock = manual;
  relay.scripts['input'] = () => {};
  const run = await session();
  relay.environments = [{ ...environmentRecord('env-1', 'laptop'), awaySince: 1_000 }];
  run.type('make\r');
  await relay.seen(() => relay.commandsOf('input').length === 1);
  await manual.advance(2_000);
  await run.shows('is away');
  run.type(CTRL_C);
  expect(await run.exit).toBe(130);
});

it('prints no exit code of a turn that could not be aborted', async () => {
  relay.scripts['input'] = begin;
  relay.scripts['abort_message'] = (command) => relay.answer(command, { success: false, error: 'Not now.' });
  const run = await session();
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
  relay.scripts['input'] = begin;
  relay.scripts['abort_message'] = (command) => {
    relay.answer(command, { success: true, aborted: true });
    finish('cancelled');
  };
  const run = await session();
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
    finish('cancelled');
  };
  relay.scripts['input'] = (input) => {
    begin(input);
    relay.emit('stream_delta', output('stdout', 'working\n'));
  };
  const run = await session();
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
    begin(input);
    const error = 'The listener was stopped; the turn was aborted.';
    relay.emit('turn_finished', { turn_id: 'turn-1', stop_reason: 'cancelled', run_id: 'run-1', error });
  };
  const run = await session();
  run.type('make\r');
  await run.shows('The listener was stopped; the turn was aborted.');
  run.type(CTRL_D);
  expect(await run.exit).toBe(0);
  expect(run.screen).not.toContain('The turn was aborted.\n');
});

it('shows what a tool does, and what it changes, in colour', async () => {
  relay.scripts['input'] = begin;
  const run = await session();
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
  finish();
  await run.shows('[ready]>');
  run.type(CTRL_D);
  expect(await run.exit).toBe(0);
});

it('says that a long turn goes on, until it ends', async () => {
  const manual = new ManualClock();
  clock = manual;
  relay.scripts['input'] = begin;
  const run = await session();
  run.type('make\r');
  await relay.seen(() => relay.commandsOf('input').length === 1);
  relay.emit('stream_delta', output('stdout', 'begun\n'));
  await run.shows('begun');
  await manual.advance(4_000);
  await run.shows('4 s, 6 bytes');
  finish();
  await run.shows('begun\nlaptop:/home/me/project [ready]>');
  expect(run.screen).not.toContain('6 bytes');
  run.type(CTRL_D);
  expect(await run.exit).toBe(0);
});
