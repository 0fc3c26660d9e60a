import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { Writable } from 'node:stream';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Captured, CliRun, temporaryDirectory } from '../../../test/kit/cli.js';
import {
  environmentRecord,
  FAKE_RUNTIME,
  FAKE_TOKEN,
  FakeClientRelay,
  loopStatus,
  messageIdsOf,
  output,
} from '../../../test/kit/fake-client-relay.js';
import { ManualClock } from '../../../test/kit/manual-clock.js';
import type { Frame } from '../../protocol/index.js';
import { DataDirectory } from '../data-dir/data-directory.js';

let relay: FakeClientRelay;
let data: Awaited<ReturnType<typeof temporaryDirectory>>;

beforeEach(async () => {
  relay = await FakeClientRelay.start();
  data = await temporaryDirectory();
  relay.scripts['runtime_start'] = (command) => relay.answer(command, { success: true, runtime: FAKE_RUNTIME });
});
afterEach(async () => {
  await relay.stop();
  await data.remove();
});

function attach(args: readonly string[], options: ConstructorParameters<typeof CliRun>[1] = {}): CliRun {
  const env = { TWINLANE_SERVER: relay.url, TWINLANE_TOKEN: FAKE_TOKEN, TWINLANE_DATA_DIR: data.path, ...options.env };
  return new CliRun(['attach', ...args], { ...options, env });
}
function begin(input: Frame): void {
  relay.answer(input, { accepted: true, disposition: 'started' });
  relay.emit('update_loop_status', loopStatus('EXECUTING_CLIENT_SIDE_TOOL', 'run-1', messageIdsOf(input)[0]));
}
function exit(exit_code: number | null, fields: object = {}): void {
  const delta = {
    message_type: 'tool_return_message',
    id: 'message-1',
    run_id: 'run-1',
    status: exit_code === 0 ? 'success' : 'error',
    exit_code,
  };
  relay.emit('stream_delta', { delta: { ...delta, tool_return: '', ...fields } });
}
function finish(stop_reason = 'end_turn', fields: object = {}): void {
  relay.emit('update_loop_status', loopStatus('WAITING_ON_INPUT'));
  relay.emit('turn_finished', { turn_id: 'turn-1', stop_reason, run_id: 'run-1', ...fields });
}
function ask(command = 'ls -la'): void {
  const request = {
    subtype: 'can_use_tool',
    tool_name: 'shell',
    tool_call_id: 'call-1',
    input: { command, cwd: '/work place' },
  };
  relay.emit('control_request', {
    request_id: 'approval-1',
    request: { ...request, permission_suggestions: [], blocked_path: null },
  });
}
/** A turn that asks, and runs `then` or ends as denied. */
function askingTurn(command: string, then: () => void): void {
  relay.scripts['input'] = (input) => {
    const payload = input['payload'] as { kind: string; decision?: { behavior: string; message?: string } };
    if (payload.kind === 'create_message') {
      begin(input);
      return ask(command);
    }
    relay.answer(input, { accepted: true });
    relay.emit('control_request_resolved', { request_id: 'approval-1', outcome: payload.decision?.behavior });
    if (payload.decision?.behavior === 'allow') return then();
    exit(null, { tool_return: payload.decision?.message });
    finish('denied', { error: payload.decision?.message });
  };
}

it('prints each stream where it belongs, as it is produced, and exits 0', async () => {
  relay.scripts['input'] = (input) => {
    begin(input);
    relay.emit('stream_delta', output('stdout', 'first\n'));
    relay.emit('stream_delta', output('stderr', 'a warning\n'));
    relay.emit('stream_delta', output('stdout', 'sécond'));
  };
  const run = attach(['--', 'ls', '-la']);
  await (run.stdout as Captured).shows('sécond');
  expect(relay.commandsOf('input')[0]).toMatchObject({ payload: { messages: [{ role: 'user', content: 'ls -la' }] } });
  exit(0);
  finish();
  expect(await run.exit).toBe(0);
  expect(run.out).toBe('first\nsécond');
  expect(run.stderr.text).toBe('a warning\n');
});

it('exits with the code of the command that failed', async () => {
  relay.scripts['input'] = (input) => {
    begin(input);
    exit(42);
    finish();
  };
  expect(await attach(['--', 'false']).exit).toBe(42);
});

it('takes the input from standard input', async () => {
  relay.scripts['input'] = (input) => {
    begin(input);
    finish();
  };
  expect(await attach([], { stdin: 'make all\n' }).exit).toBe(0);
  expect(relay.commandsOf('input')[0]).toMatchObject({ payload: { messages: [{ content: 'make all\n' }] } });
});

it('prints the text of an agent, and ends its line', async () => {
  relay.scripts['input'] = (input) => {
    begin(input);
    const content = [{ type: 'text', text: 'Hello ' }, { type: 'image' }, { type: 'text', text: 'you' }];
    relay.emit('stream_delta', { delta: { message_type: 'assistant_message', run_id: 'run-1', content } });
    finish();
  };
  const run = attach(['hi']);
  expect(await run.exit).toBe(0);
  expect(run.out).toBe('Hello you\n');
});

it('exits 1 when the turn failed, and says why once', async () => {
  relay.scripts['input'] = (input) => {
    begin(input);
    relay.emit('stream_delta', {
      delta: { message_type: 'loop_error', run_id: 'run-1', message: 'No shell \u001b[2Jhere.' },
    });
    finish('error', { error: 'No shell \u001b[2Jhere.' });
  };
  const run = attach(['x']);
  expect(await run.exit).toBe(1);
  expect(run.stderr.text).toBe('No shell \\u{1b}[2Jhere.\n');
});

it('exits 2 for bad usage, and says what is wrong', async () => {
  for (const [args, says] of [
    [['--approve', 'maybe', 'x'], '--approve must be one of the following values: ask, always, never; got "maybe".'],
    [['--no-such-flag'], "error: unknown option '--no-such-flag'"],
    [[], 'Nothing to do: pass a text'],
    [['--environment', 'elsewhere', 'x'], 'No environment is called "elsewhere". Known here:\n    laptop  env-1'],
  ] as const) {
    const run = attach(args);
    expect(await run.exit).toBe(2);
    expect(run.stderr.text).toContain(says);
  }
});

it('attaches to the environment that is named', async () => {
  relay.environments = [environmentRecord('a', 'laptop'), environmentRecord('b', 'server')];
  relay.scripts['input'] = (input) => {
    begin(input);
    finish();
  };
  expect(await attach(['--environment', 'server', '--agent-id', 'agent-1', '--conversation', 'conv-1', 'x']).exit).toBe(
    0,
  );
  expect(relay.sockets[0]?.path).toContain('conn-b');
  expect(relay.commandsOf('runtime_start')[0]).toMatchObject({ agent_id: 'agent-1', conversation_id: 'conv-1' });
});

it('exits 69 where there is no relay, no environment, or no device', async () => {
  expect(await attach(['x'], { env: { TWINLANE_SERVER: 'http://127.0.0.1:1' } }).exit).toBe(69);
  relay.environments = [environmentRecord('a', 'laptop', false)];
  const run = attach(['x']);
  expect(await run.exit).toBe(69);
  expect(run.stderr.text).toContain('No environment is online.');
  relay.environments = [environmentRecord('a', 'laptop')];
  relay.scripts['runtime_start'] = (command) =>
    relay.answer(command, { success: false, error: 'Offline.', error_code: 'DEVICE_OFFLINE' });
  expect(await attach(['x']).exit).toBe(69);
});

it('exits 77 when the token is refused, and never shows it', async () => {
  const run = attach(['x'], { env: { TWINLANE_TOKEN: 'a-secret-that-is-wrong' } });
  expect(await run.exit).toBe(77);
  expect(run.stderr.text).toBe('The token is not known here.\n');
});

it('allows everything with --approve always', async () => {
  askingTurn('ls', () => {
    exit(0);
    finish();
  });
  const run = attach(['--approve', 'always', 'ls']);
  expect(await run.exit).toBe(0);
  expect(run.stderr.text).toBe('');
});

it('says nothing of an approval whose acknowledgement comes after the end of the turn', async () => {
  relay.scripts['input'] = (input) => {
    if ((input['payload'] as { kind: string }).kind === 'create_message') {
      begin(input);
      return ask();
    }
    relay.emit('control_request_resolved', { request_id: 'approval-1', outcome: 'allow' });
    exit(0);
    finish();
  };
  const run = attach(['--approve', 'always', 'ls']);
  expect(await run.exit).toBe(0);
  expect(run.stderr.text).toBe('');
});

it('denies everything with --approve never, and exits 3', async () => {
  askingTurn('ls', () => {});
  const run = attach(['--approve', 'never', 'ls']);
  expect(await run.exit).toBe(3);
  expect(run.stderr.text).toBe('Not allowed: this client approves nothing (--approve never).\n');
});

it('asks the person at the terminal, showing exactly what will run', async () => {
  askingTurn('echo ok\r\u001b[1A; rm -rf ~ #\u202e', () => {
    exit(0);
    finish();
  });
  const run = attach(['go'], { tty: true });
  await run.stderr.shows('Allow? [y/N] ');
  expect(run.stderr.text).toContain(
    'shell is to run in /work place:\n\n    echo ok\\u{d}\\u{1b}[1A; rm -rf ~ #\\u{202e}\n',
  );
  run.stdin.write('yes\n');
  expect(await run.exit).toBe(0);
});

it('takes everything but yes for a no', async () => {
  askingTurn('ls', () => {});
  const run = attach(['go'], { tty: true });
  await run.stderr.shows('Allow? [y/N] ');
  run.stdin.write('\n');
  expect(await run.exit).toBe(3);
});

it('takes nothing that was typed before the question for an answer', async () => {
  askingTurn('ls', () => {});
  const run = attach(['go'], { tty: true });
  run.stdin.write('yes\n');
  await run.stderr.shows('Allow? [y/N] ');
  run.stdin.write('no\n');
  expect(await run.exit).toBe(3);
});

it('takes the end of input for a no', async () => {
  askingTurn('ls', () => {});
  const run = attach(['go'], { tty: true });
  await run.stderr.shows('Allow? [y/N] ');
  run.stdin.end();
  expect(await run.exit).toBe(3);
});

it('denies with a hint where nobody can be asked', async () => {
  askingTurn('ls', () => {});
  const run = attach(['go']);
  expect(await run.exit).toBe(3);
  expect(run.stderr.text).toContain('pass --approve always');
});

it('takes its question back when somebody else has answered', async () => {
  askingTurn('ls', () => {});
  const run = attach(['go'], { tty: true });
  await run.stderr.shows('Allow? [y/N] ');
  relay.emit('control_request_resolved', { request_id: 'approval-1', outcome: 'allow' });
  exit(0);
  finish();
  expect(await run.exit).toBe(0);
  expect(relay.commandsOf('input')).toHaveLength(1);
});

it('aborts on Ctrl-C, waits for the end, and exits 130', async () => {
  relay.scripts['input'] = begin;
  relay.scripts['abort_message'] = (command) => {
    relay.answer(command, { success: true, aborted: true });
    relay.emit('stream_delta', output('stdout', 'last words\n'));
    finish('cancelled');
  };
  const run = attach(['sleep 100']);
  await relay.seen(() => relay.commandsOf('input').length === 1);
  relay.emit('stream_delta', output('stdout', 'working\n'));
  await (run.stdout as Captured).shows('working');
  run.interrupt();
  expect(await run.exit).toBe(130);
  expect(run.out).toBe('working\nlast words\n');
  expect(relay.commandsOf('abort_message')[0]).toMatchObject({ run_id: 'run-1' });
});

it('leaves an input in the queue on Ctrl-C: what runs is not ours to abort', async () => {
  relay.scripts['input'] = (input) => relay.answer(input, { accepted: true, disposition: 'queued' });
  const run = attach(['ls']);
  await relay.seen(() => relay.commandsOf('input').length === 1);
  run.interrupt();
  expect(await run.exit).toBe(130);
  expect(relay.commandsOf('abort_message')).toEqual([]);
});

it('ends the turn when nobody reads its output any more', async () => {
  relay.scripts['input'] = (input) => {
    begin(input);
    relay.emit('stream_delta', output('stdout', 'line\n'));
  };
  relay.scripts['abort_message'] = (command) => {
    relay.answer(command, { success: true, aborted: true });
    finish('cancelled');
  };
  const closed = new Writable({
    write: (_chunk, _encoding, done) => done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })),
  });
  expect(await attach(['yes'], { stdout: closed }).exit).toBe(141);
});

it('C17 waits for a slow reader of its output and loses nothing', async () => {
  relay.scripts['input'] = (input) => {
    begin(input);
    for (let i = 0; i < 50; i++) relay.emit('stream_delta', output('stdout', `${i}\n`.repeat(100)));
    exit(0);
    finish();
  };
  let text = '';
  const slow = new Writable({
    highWaterMark: 64,
    write: (chunk: Buffer, _encoding, done) => {
      text += chunk.toString();
      setImmediate(done);
    },
  });
  expect(await attach(['seq'], { stdout: slow }).exit).toBe(0);
  slow.end();
  await once(slow, 'finish');
  expect(text).toBe(Array.from({ length: 50 }, (_, i) => `${i}\n`.repeat(100)).join(''));
});

it('C01 goes on over a broken connection', async () => {
  relay.scripts['input'] = (input) => {
    begin(input);
    relay.emit('stream_delta', output('stdout', 'before\n'));
  };
  const run = attach(['ls']);
  await (run.stdout as Captured).shows('before');
  relay.cut();
  relay.emit('stream_delta', output('stdout', 'meanwhile\n'));
  exit(0);
  finish();
  expect(await run.exit).toBe(0);
  expect(run.out).toBe('before\nmeanwhile\n');
  expect(run.stderr.text).toContain('Turns go on meanwhile.');
  expect(run.stderr.text).toContain('Connected again: what happened meanwhile follows, nothing is lost.');
});

it('finds the relay and its token in the data directory', async () => {
  await writeFile(`${data.path}/token`, `${FAKE_TOKEN}\n`, { mode: 0o600 });
  await new DataDirectory(data.path).keepEndpoint({ url: relay.url, pid: 1 });
  relay.scripts['input'] = (input) => {
    begin(input);
    finish();
  };
  expect(await attach(['x'], { env: { TWINLANE_SERVER: '', TWINLANE_TOKEN: '' } }).exit).toBe(0);
});

it('asks for a token where none is known', async () => {
  const run = attach(['x'], { env: { TWINLANE_TOKEN: '' } });
  expect(await run.exit).toBe(2);
  expect(run.stderr.text).toContain('set TWINLANE_TOKEN or --token');
});

/** Moves time on so that the client asks, and hears this. */
async function clockSees(clock: ManualClock, presence: Parameters<typeof listenerIs>[0]): Promise<void> {
  listenerIs(presence);
  const { looks } = relay;
  await clock.advance(5_000);
  await relay.seen(() => relay.looks > looks);
}

/** What the relay says of the environment from now on. */
function listenerIs(presence: 'linked' | 'away' | 'offline'): void {
  const record = environmentRecord('env-1', 'laptop', presence !== 'offline');
  relay.environments = [{ ...record, awaySince: presence === 'away' ? 1_000 : null }];
}

it('C24 says that the listener is away during a turn, and that it is back', async () => {
  const clock = new ManualClock();
  relay.scripts['input'] = begin;
  const run = attach(['make'], { clock });
  await relay.seen(() => relay.commandsOf('input').length === 1);
  await clockSees(clock, 'away');
  await run.stderr.shows('The listener of laptop is away; waiting for it (Ctrl-C leaves).\n');
  await clockSees(clock, 'linked');
  await run.stderr.shows('The listener of laptop is back.\n');
  finish();
  expect(await run.exit).toBe(0);
  expect(run.stderr.text.match(/is away/g)).toHaveLength(1);
});

it.each(['away', 'offline'] as const)(
  'exits 69 when the listener stays %s during the turn, and says how to go on',
  async (presence) => {
    const clock = new ManualClock();
    relay.scripts['input'] = begin;
    const run = attach(['make'], { clock });
    await relay.seen(() => relay.commandsOf('input').length === 1);
    await clockSees(clock, presence);
    await run.stderr.shows('is away');
    await clock.advance(45_000);
    expect(await run.exit).toBe(69);
    expect(run.stderr.text).toContain('did not come back within 45 s; the outcome of the turn is unknown');
    expect(run.stderr.text).toContain('twinlane attach --conversation conv-1');
  },
);

it('takes a listener that the relay forgot for a moment for one that comes back', async () => {
  const clock = new ManualClock();
  relay.scripts['input'] = begin;
  const run = attach(['make'], { clock });
  await relay.seen(() => relay.commandsOf('input').length === 1);
  await clockSees(clock, 'offline');
  await run.stderr.shows('is away');
  await clockSees(clock, 'linked');
  await run.stderr.shows('is back');
  await clock.advance(60_000);
  exit(0);
  finish();
  expect(await run.exit).toBe(0);
});

it('leaves on Ctrl-C while the listener is away', async () => {
  const clock = new ManualClock();
  relay.scripts['input'] = begin;
  const run = attach(['make'], { clock });
  await relay.seen(() => relay.commandsOf('input').length === 1);
  await clockSees(clock, 'away');
  await run.stderr.shows('is away');
  run.interrupt();
  expect(await run.exit).toBe(130);
  expect(run.stderr.text).toContain('The turn was not aborted');
  expect(relay.commandsOf('abort_message')).toEqual([]);
});

it('says at once that the listener is away, and waits for it for a while only', async () => {
  const clock = new ManualClock();
  listenerIs('away');
  relay.scripts['runtime_start'] = () => {};
  const run = attach(['make'], { clock });
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
  listenerIs('away');
  relay.scripts['runtime_start'] = () => {};
  const run = attach(['--wait-ms', '90000', 'make'], { clock });
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
  const run = attach(['make'], { clock });
  await relay.seen(() => relay.commandsOf('runtime_start').length === 1);
  await clock.advance(60_000);
  expect(await run.exit).toBe(69);
  expect(run.stderr.text).toContain('The listener of laptop did not answer in time');
  expect(run.stderr.text).not.toContain('runtime_start');
});

it('exits 75 when the turn was aborted elsewhere, and says why', async () => {
  relay.scripts['input'] = (input) => {
    begin(input);
    finish('cancelled', { error: 'The listener was stopped; the turn was aborted.' });
  };
  const run = attach(['make']);
  expect(await run.exit).toBe(75);
  expect(run.stderr.text).toBe('The listener was stopped; the turn was aborted.\n');
});
