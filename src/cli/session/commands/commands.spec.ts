import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FAKE_RUNTIME } from '../../../../test/kit/fake-client-relay.js';
import { SessionBench } from '../../../../test/kit/session-bench.js';
import { readCommandLine } from './read-command-line.js';
import { SESSION_COMMANDS } from './session-commands.js';

const CTRL_C = '\u0003';
const TAB = '\t';

let bench: SessionBench;
let relay: SessionBench['relay'];
let run: SessionBench['run'];
beforeEach(async () => {
  bench = await SessionBench.start();
  ({ relay, run } = bench);
});
afterEach(() => bench.stop());

const waiting = (...contents: string[]) =>
  relay.emit('update_queue', {
    queue: contents.map((content, i) => ({ id: `queue-${i + 1}`, kind: 'message', content, enqueued_at: '' })),
    removed: [],
  });

describe('a line', () => {
  const read = (line: string) => readCommandLine(line, SESSION_COMMANDS, ['init']);
  it.each([
    ['/mode', 'command', ''],
    ['/mode  strict ', 'command', 'strict'],
    ['/moed', 'unknown', undefined],
    ['/init the thing', 'input', undefined],
    ['/bin/ls -la', 'input', undefined],
    ['ls /mode', 'input', undefined],
    [' /mode', 'input', undefined],
  ])('%s is a %s', (line, kind, args) => {
    const found = read(line);
    expect([found.kind, found.kind === 'command' ? found.args : undefined]).toEqual([kind, args]);
  });

  it('that begins with two slashes is an input that begins with one', () => {
    expect(read('//mode')).toEqual({ kind: 'input', text: '/mode' });
  });
});

it('every command has a name of its own that can be typed', () => {
  const names = SESSION_COMMANDS.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  for (const name of names) expect(name).toMatch(/^[a-z][a-z-]*$/);
});

it('/help lists the commands here and those of the agent', async () => {
  await bench.hasStatus({
    agent_status: { commands: [{ name: 'init', description: 'writes a guide', hint: 'what for' }, { name: 7 }] },
  });
  run.type('/help\r');
  await run.shows('//text is an input that begins with a slash.');
  expect(run.screen).toMatch(/^ {2}\/exit +leave/m);
  expect(run.screen).toMatch(/^ {2}\/mode \[name\] +show or change/m);
  expect(run.screen).toMatch(/^ {2}\/init what for +writes a guide$/m);
});

it('a command that does not exist is not sent to the agent', async () => {
  run.type('/moed\r');
  await run.shows('There is no command /moed; /help shows what there is. To send it to the agent, type //moed.');
  expect(relay.commandsOf('input')).toEqual([]);
});

it('Tab completes names and arguments', async () => {
  run.type(`/mo${TAB}`);
  await run.shows('> /mode');
  run.type(`str${TAB}`);
  await run.shows('> /mode strict');
  bench.answers('change_device_state', {});
  run.type('\r');
  await run.shows('Mode strict: asked before everything');
});

it('Tab completes also what Enter, or more, comes right behind', async () => {
  bench.answers('change_device_state', {});
  run.type(`/mo${TAB}unr${TAB}\r`);
  await run.shows('Mode unrestricted: nothing is asked.');
});

it.each(['/exit', '/quit'])('%s leaves', async (line) => {
  run.type(`${line}\r`);
  expect(await run.exit).toBe(0);
});

describe('/mode', () => {
  it('shows the modes, and which one it is', async () => {
    await bench.hasStatus();
    run.type('/mode\r');
    await run.shows('* standard');
    expect(run.screen).toMatch(/^ +acceptEdits +asked before something runs$/m);
  });

  it('changes it, and believes the status where nothing is answered, as by stock devices', async () => {
    relay.scripts['change_device_state'] = () => void bench.hasStatus({ current_permission_mode: 'acceptEdits' });
    run.type('/mode acceptEdits\r');
    await run.shows('Mode acceptEdits: asked before something runs.');
    expect(relay.commandsOf('change_device_state')[0]).toMatchObject({
      runtime: FAKE_RUNTIME,
      payload: { mode: 'acceptEdits' },
    });
  });

  it('names the modes when there is none of this name', async () => {
    run.type('/mode yolo\r');
    await run.shows('There is no mode "yolo"; use one of: unrestricted, acceptEdits, standard, strict.');
  });

  it('is left with Ctrl-C when nobody answers', async () => {
    relay.scripts['change_device_state'] = () => {};
    run.type('/mode strict\r');
    await relay.seen(() => relay.commandsOf('change_device_state').length === 1);
    run.type(CTRL_C);
    run.type('/help\r');
    await run.shows('Tab completes.');
  });
});

describe("the agent's own mode", () => {
  const modes = [
    { id: 'build', name: 'Build' },
    { id: 'plan', name: 'Plan', description: 'changes nothing\u001b[2J' },
    { id: 'x#deep', name: 'Deep thought' },
    { name: 'without an id' },
  ];
  const inMode = (current_mode: string) => bench.hasStatus({ agent_status: { current_mode, modes } });

  it('stands below the permission modes, and is shown alone by its own command', async () => {
    await inMode('build');
    run.type('/mode\r');
    await run.shows('x#deep');
    expect(run.screen).toMatch(/^\* standard[^]*^The agent's own modes; \/agent-mode changes them:\n\n\* build$/m);
    run.type('/agent-mode\r');
    await run.holds((screen) => screen.match(/^ {2}x#deep +Deep thought$/gm)?.length === 2);
    expect(run.screen).toContain(String.raw`  plan    changes nothing\u{1b}[2J`);
    expect(run.screen).not.toContain('without an id');
  });

  it('is changed by its id or its name, completed with Tab', async () => {
    await inMode('build');
    bench.answers('change_device_state', {});
    run.type(`/ag${TAB}pl${TAB}\r`);
    await run.shows("The agent's mode is Plan now.");
    run.type('/agent-mode deep THOUGHT\r');
    await run.shows("The agent's mode is Deep thought now.");
    expect(relay.commandsOf('change_device_state')).toMatchObject([
      { runtime: FAKE_RUNTIME, payload: { agent_mode: 'plan' } },
      { runtime: FAKE_RUNTIME, payload: { agent_mode: 'x#deep' } },
    ]);
  });

  it('is believed when the status shows it, and where the device refuses, its reason is shown', async () => {
    await inMode('build');
    relay.scripts['change_device_state'] = () => void inMode('plan');
    run.type('/agent-mode plan\r');
    await run.shows("The agent's mode is Plan now.");
    bench.refuses('change_device_state', 'The agent did not change its mode.');
    run.type('/agent-mode build\r');
    await run.shows('The agent did not change its mode.');
  });

  it('is told apart from permission modes, and from none at all', async () => {
    run.type('/agent-mode plan\r');
    await run.shows('The agent has told of no modes of its own.');
    await inMode('build');
    run.type('/agent-mode strict\r');
    await run.shows('The agent has no mode "strict"; use one of: build, plan, x#deep.');
    run.type('/mode plan\r');
    await run.shows("strict. /agent-mode changes the agent's own.");
    expect(relay.commandsOf('change_device_state')).toEqual([]);
  });
});

describe('/queue', () => {
  it('shows what waits, and takes it out by its number', async () => {
    waiting('first', `second ${'x'.repeat(80)}`);
    relay.scripts['remove_queue_item'] = (command) => {
      relay.answer(command, { success: true, item_id: 'queue-2' });
      waiting('first');
    };
    run.type('/queue\r');
    await run.shows('  1  first');
    expect(run.screen).toMatch(/^ {2}2 {2}second x+…$/m);
    run.type('/queue remove 2\r');
    await run.shows('It was taken out of the queue.');
    expect(relay.commandsOf('remove_queue_item')[0]).toMatchObject({ runtime: FAKE_RUNTIME, item_id: 'queue-2' });
    run.type('/queue remove 2\r');
    await run.shows('No input of this number waits; /queue shows them.');
  });

  it('says why the device refused', async () => {
    waiting('first');
    bench.refuses('remove_queue_item', 'It has started.', 'QUEUE_ITEM_UNKNOWN');
    await run.shows('[ready]>');
    run.type('/queue\r');
    await run.shows('  1  first');
    run.type('/queue remove 1\r');
    await run.shows('It has started.');
  });

  it('has a queue that stands still go on', async () => {
    bench.answers('resume_queue', { resumed: 2 });
    run.type('/queue resume\r');
    await run.shows('The queue goes on.');
    run.type('/queue away\r');
    await run.shows('Type /queue, /queue remove and a number of it, or /queue resume.');
  });
});
