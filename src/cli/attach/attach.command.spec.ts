import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { Writable } from 'node:stream';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { AttachBench } from '../../../test/kit/attach-bench.js';
import { environmentRecord, FAKE_TOKEN, output } from '../../../test/kit/fake-client-relay.js';
import { DataDirectory } from '../data-dir/data-directory.js';

let bench: AttachBench;
let relay: AttachBench['relay'];
beforeEach(async () => {
  bench = await AttachBench.start();
  ({ relay } = bench);
});
afterEach(() => bench.stop());

it('prints each stream where it belongs, as it is produced, and exits 0', async () => {
  relay.scripts['input'] = (input) => {
    bench.begin(input);
    relay.emit('stream_delta', output('stdout', 'first\n'));
    relay.emit('stream_delta', output('stderr', 'a warning\n'));
    relay.emit('stream_delta', output('stdout', 'sécond'));
  };
  const run = bench.attach(['--', 'ls', '-la']);
  await run.prints('sécond');
  expect(relay.commandsOf('input')[0]).toMatchObject({ payload: { messages: [{ role: 'user', content: 'ls -la' }] } });
  bench.exit(0);
  bench.finish();
  expect(await run.exit).toBe(0);
  expect(run.out).toBe('first\nsécond');
  expect(run.stderr.text).toBe('a warning\n');
});

it('exits with the code of the command that failed', async () => {
  relay.scripts['input'] = (input) => {
    bench.begin(input);
    bench.exit(42);
    bench.finish();
  };
  expect(await bench.attach(['--', 'false']).exit).toBe(42);
});

it('takes the input from standard input', async () => {
  relay.scripts['input'] = (input) => {
    bench.begin(input);
    bench.finish();
  };
  expect(await bench.attach([], { stdin: 'make all\n' }).exit).toBe(0);
  expect(relay.commandsOf('input')[0]).toMatchObject({ payload: { messages: [{ content: 'make all\n' }] } });
});

it('prints the text of an agent, and ends its line', async () => {
  relay.scripts['input'] = (input) => {
    bench.begin(input);
    const content = [{ type: 'text', text: 'Hello ' }, { type: 'image' }, { type: 'text', text: 'you' }];
    relay.emit('stream_delta', { delta: { message_type: 'assistant_message', run_id: 'run-1', content } });
    bench.finish();
  };
  const run = bench.attach(['hi']);
  expect(await run.exit).toBe(0);
  expect(run.out).toBe('Hello you\n');
});

it('exits 1 when the turn failed, and says why once', async () => {
  relay.scripts['input'] = (input) => {
    bench.begin(input);
    relay.emit('stream_delta', {
      delta: { message_type: 'loop_error', run_id: 'run-1', message: 'No shell \u001b[2Jhere.' },
    });
    bench.finish('error', { error: 'No shell \u001b[2Jhere.' });
  };
  const run = bench.attach(['x']);
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
    const run = bench.attach(args);
    expect(await run.exit).toBe(2);
    expect(run.stderr.text).toContain(says);
  }
});

it('attaches to the environment that is named', async () => {
  relay.environments = [environmentRecord('a', 'laptop'), environmentRecord('b', 'server')];
  relay.scripts['input'] = (input) => {
    bench.begin(input);
    bench.finish();
  };
  expect(
    await bench.attach(['--environment', 'server', '--agent-id', 'agent-1', '--conversation', 'conv-1', 'x']).exit,
  ).toBe(0);
  expect(relay.sockets[0]?.path).toContain('conn-b');
  expect(relay.commandsOf('runtime_start')[0]).toMatchObject({ agent_id: 'agent-1', conversation_id: 'conv-1' });
});

it('exits 69 where there is no relay, no environment, or no device', async () => {
  expect(await bench.attach(['x'], { env: { TWINLANE_SERVER: 'http://127.0.0.1:1' } }).exit).toBe(69);
  relay.environments = [environmentRecord('a', 'laptop', false)];
  const run = bench.attach(['x']);
  expect(await run.exit).toBe(69);
  expect(run.stderr.text).toContain('No environment is online.');
  relay.environments = [environmentRecord('a', 'laptop')];
  relay.scripts['runtime_start'] = (command) =>
    relay.answer(command, { success: false, error: 'Offline.', error_code: 'DEVICE_OFFLINE' });
  expect(await bench.attach(['x']).exit).toBe(69);
});

it('exits 77 when the token is refused, and never shows it', async () => {
  const run = bench.attach(['x'], { env: { TWINLANE_TOKEN: 'a-secret-that-is-wrong' } });
  expect(await run.exit).toBe(77);
  expect(run.stderr.text).toBe('The token is not known here.\n');
});

it('aborts on Ctrl-C, waits for the end, and exits 130', async () => {
  relay.scripts['input'] = bench.begin;
  relay.scripts['abort_message'] = (command) => {
    relay.answer(command, { success: true, aborted: true });
    relay.emit('stream_delta', output('stdout', 'last words\n'));
    bench.finish('cancelled');
  };
  const run = bench.attach(['sleep 100']);
  await relay.seen(() => relay.commandsOf('input').length === 1);
  relay.emit('stream_delta', output('stdout', 'working\n'));
  await run.prints('working');
  run.interrupt();
  expect(await run.exit).toBe(130);
  expect(run.out).toBe('working\nlast words\n');
  expect(relay.commandsOf('abort_message')[0]).toMatchObject({ run_id: 'run-1' });
});

it('leaves an input in the queue on Ctrl-C: what runs is not ours to abort', async () => {
  relay.scripts['input'] = (input) => relay.answer(input, { accepted: true, disposition: 'queued' });
  const run = bench.attach(['ls']);
  await relay.seen(() => relay.commandsOf('input').length === 1);
  run.interrupt();
  expect(await run.exit).toBe(130);
  expect(relay.commandsOf('abort_message')).toEqual([]);
});

it('ends the turn when nobody reads its output any more', async () => {
  relay.scripts['input'] = (input) => {
    bench.begin(input);
    relay.emit('stream_delta', output('stdout', 'line\n'));
  };
  relay.scripts['abort_message'] = (command) => {
    relay.answer(command, { success: true, aborted: true });
    bench.finish('cancelled');
  };
  const closed = new Writable({
    write: (_chunk, _encoding, done) => done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })),
  });
  expect(await bench.attach(['yes'], { stdout: closed }).exit).toBe(141);
});

it('C17 waits for a slow reader of its output and loses nothing', async () => {
  relay.scripts['input'] = (input) => {
    bench.begin(input);
    for (let i = 0; i < 50; i++) relay.emit('stream_delta', output('stdout', `${i}\n`.repeat(100)));
    bench.exit(0);
    bench.finish();
  };
  let text = '';
  const slow = new Writable({
    highWaterMark: 64,
    write: (chunk: Buffer, _encoding, done) => {
      text += chunk.toString();
      setImmediate(done);
    },
  });
  expect(await bench.attach(['seq'], { stdout: slow }).exit).toBe(0);
  slow.end();
  await once(slow, 'finish');
  expect(text).toBe(Array.from({ length: 50 }, (_, i) => `${i}\n`.repeat(100)).join(''));
});

it('C01 goes on over a broken connection', async () => {
  relay.scripts['input'] = (input) => {
    bench.begin(input);
    relay.emit('stream_delta', output('stdout', 'before\n'));
  };
  const run = bench.attach(['ls']);
  await run.prints('before');
  relay.cut();
  relay.emit('stream_delta', output('stdout', 'meanwhile\n'));
  bench.exit(0);
  bench.finish();
  expect(await run.exit).toBe(0);
  expect(run.out).toBe('before\nmeanwhile\n');
  expect(run.stderr.text).toContain('Turns go on meanwhile.');
  expect(run.stderr.text).toContain('Connected again: what happened meanwhile follows, nothing is lost.');
});

it('finds the relay and its token in the data directory', async () => {
  await writeFile(`${bench.data.path}/token`, `${FAKE_TOKEN}\n`, { mode: 0o600 });
  await new DataDirectory(bench.data.path).keepEndpoint({ url: relay.url, pid: 1 });
  relay.scripts['input'] = (input) => {
    bench.begin(input);
    bench.finish();
  };
  expect(await bench.attach(['x'], { env: { TWINLANE_SERVER: '', TWINLANE_TOKEN: '' } }).exit).toBe(0);
});

it('asks for a token where none is known', async () => {
  const run = bench.attach(['x'], { env: { TWINLANE_TOKEN: '' } });
  expect(await run.exit).toBe(2);
  expect(run.stderr.text).toContain('set TWINLANE_TOKEN or --token');
});

it('exits 75 when the turn was aborted elsewhere, and says why', async () => {
  relay.scripts['input'] = (input) => {
    bench.begin(input);
    bench.finish('cancelled', { error: 'The listener was stopped; the turn was aborted.' });
  };
  const run = bench.attach(['make']);
  expect(await run.exit).toBe(75);
  expect(run.stderr.text).toBe('The listener was stopped; the turn was aborted.\n');
});
