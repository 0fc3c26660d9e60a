import { afterEach, beforeEach, expect, it } from 'vitest';
import { AttachBench } from '../../../test/kit/attach-bench.js';

let bench: AttachBench;
let relay: AttachBench['relay'];
beforeEach(async () => {
  bench = await AttachBench.start();
  ({ relay } = bench);
});
afterEach(() => bench.stop());

it('allows everything with --approve always', async () => {
  bench.asksFirst('ls', () => {
    bench.exit(0);
    bench.finish();
  });
  const run = bench.attach(['--approve', 'always', 'ls']);
  expect(await run.exit).toBe(0);
  expect(run.stderr.text).toBe('');
});

it('says nothing of an approval whose acknowledgement comes after the end of the turn', async () => {
  relay.scripts['input'] = (input) => {
    if ((input['payload'] as { kind: string }).kind === 'create_message') {
      bench.begin(input);
      return bench.ask();
    }
    relay.emit('control_request_resolved', { request_id: 'approval-1', outcome: 'allow' });
    bench.exit(0);
    bench.finish();
  };
  const run = bench.attach(['--approve', 'always', 'ls']);
  expect(await run.exit).toBe(0);
  expect(run.stderr.text).toBe('');
});

it('says once a turn that it waits for somebody else, where the token may not answer', async () => {
  relay.scripts['input'] = (input) => {
    bench.begin(input);
    relay.emit('control_request_withheld', {});
    relay.emit('control_request_withheld', {});
    bench.exit(0);
    bench.finish();
  };
  const run = bench.attach(['--approve', 'always', 'ls']);
  expect(await run.exit).toBe(0);
  expect(run.stderr.text.match(/this token may not answer: the turn waits for somebody/g)).toHaveLength(1);
});

it('denies everything with --approve never, and exits 3', async () => {
  bench.asksFirst('ls', () => {});
  const run = bench.attach(['--approve', 'never', 'ls']);
  expect(await run.exit).toBe(3);
  expect(run.stderr.text).toBe('Not allowed: this client approves nothing (--approve never).\n');
});

it('asks the person at the terminal, showing exactly what will run', async () => {
  bench.asksFirst('echo ok\r\u001b[1A; rm -rf ~ #\u202e', () => {
    bench.exit(0);
    bench.finish();
  });
  const run = bench.attach(['go'], { tty: true });
  await run.stderr.shows('Allow? [y/N] ');
  expect(run.stderr.text).toContain(
    'shell is to run in /work place:\n\n    echo ok\\u{d}\\u{1b}[1A; rm -rf ~ #\\u{202e}\n',
  );
  run.stdin.write('yes\n');
  expect(await run.exit).toBe(0);
});

it('takes everything but yes for a no', async () => {
  bench.asksFirst('ls', () => {});
  const run = bench.attach(['go'], { tty: true });
  await run.stderr.shows('Allow? [y/N] ');
  run.stdin.write('\n');
  expect(await run.exit).toBe(3);
});

it('takes nothing that was typed before the question for an answer', async () => {
  bench.asksFirst('ls', () => {});
  const run = bench.attach(['go'], { tty: true });
  run.stdin.write('yes\n');
  await run.stderr.shows('Allow? [y/N] ');
  run.stdin.write('no\n');
  expect(await run.exit).toBe(3);
});

it('takes the end of input for a no', async () => {
  bench.asksFirst('ls', () => {});
  const run = bench.attach(['go'], { tty: true });
  await run.stderr.shows('Allow? [y/N] ');
  run.stdin.end();
  expect(await run.exit).toBe(3);
});

it('denies with a hint where nobody can be asked', async () => {
  bench.asksFirst('ls', () => {});
  const run = bench.attach(['go']);
  expect(await run.exit).toBe(3);
  expect(run.stderr.text).toContain('pass --approve always');
});

it('takes its question back when somebody else has answered', async () => {
  bench.asksFirst('ls', () => {});
  const run = bench.attach(['go'], { tty: true });
  await run.stderr.shows('Allow? [y/N] ');
  relay.emit('control_request_resolved', { request_id: 'approval-1', outcome: 'allow' });
  bench.exit(0);
  bench.finish();
  expect(await run.exit).toBe(0);
  expect(relay.commandsOf('input')).toHaveLength(1);
});
