import { afterEach, beforeEach, expect, it } from 'vitest';
import { AttachBench } from '../../../test/kit/attach-bench.js';
import { output } from '../../../test/kit/fake-client-relay.js';

let bench: AttachBench;
let relay: AttachBench['relay'];
beforeEach(async () => {
  bench = await AttachBench.start();
  ({ relay } = bench);
});
afterEach(() => bench.stop());

it('shows what others do in a conversation until Ctrl-C, and sends nothing', async () => {
  const run = bench.attach(['--watch', '--agent-id', 'agent-1', '--conversation', 'conv-1']);
  await run.stderr.shows('Watching conversation conv-1 of laptop; Ctrl-C leaves.');
  const [socket] = relay.open('stream');
  expect(socket?.query.get('agentId')).toBe('agent-1');
  expect(socket?.query.get('conversationId')).toBe('conv-1');
  relay.emit('stream_delta', { delta: { message_type: 'user_message', content: 'make all\nplease' } });
  relay.emit('stream_delta', output('stdout', 'first\n'));
  bench.ask();
  relay.emit('control_request_resolved', { request_id: 'approval-1', outcome: 'allow' });
  bench.finish();
  relay.emit('control_request_withheld', { request_id: 'approval-2' });
  await run.stderr.holds((text) => text.split('may answer').length === 3);
  expect(run.out).toBe('first\n');
  expect(run.stderr.text).toContain('> make all\n> please\n');
  expect(run.stderr.text).toContain('The answer: allow.\nThe turn has ended (end_turn).\n');
  run.interrupt();
  expect(await run.exit).toBe(0);
  expect(relay.commands).toEqual([]);
});

it.each([
  [[], 'agent-2', 'conv-2'],
  [['--conversation', 'conv-1'], 'agent-1', 'conv-1'],
  [['--agent-id', 'agent-1'], 'agent-1', 'conv-1'],
  [['--conversation', 'conv-9'], null, 'conv-9'],
])(
  'follows the conversation in which something happened last, of those that are meant: %j',
  async (args, agent, id) => {
    relay.runtimes = [
      { agent_id: 'agent-2', conversation_id: 'conv-2' },
      { agent_id: 'agent-1', conversation_id: 'conv-1' },
    ];
    const run = bench.attach(['--watch', ...args]);
    await run.stderr.shows(`Watching conversation ${id} of laptop`);
    const [socket] = relay.open('stream');
    expect([socket?.query.get('agentId'), socket?.query.get('conversationId')]).toEqual([agent, id]);
    run.interrupt();
    expect(await run.exit).toBe(0);
  },
);

it('says what it is called, and nothing in that is obeyed by the terminal', async () => {
  relay.runtimes = [{ agent_id: null, conversation_id: 'conv-2' }];
  relay.title = 'make \u001b[2J all';
  const run = bench.attach(['--watch']);
  await run.stderr.shows('Watching conversation conv-2 ("make \\u{1b}[2J all") of laptop');
  run.interrupt();
  expect(await run.exit).toBe(0);
});

it('exits 69 where nothing has happened yet', async () => {
  const run = bench.attach(['--watch']);
  expect(await run.exit).toBe(69);
  expect(run.stderr.text).toContain('Nothing has happened in laptop yet');
});

it.each([
  [['--watch', '--conversation', 'c', 'ls'], '--watch sends nothing'],
  [['--watch', '--environment', 'elsewhere'], 'No environment is called "elsewhere"'],
])('exits 2 for bad usage: %j', async (args, says) => {
  const run = bench.attach(args);
  expect(await run.exit).toBe(2);
  expect(run.stderr.text).toContain(says);
});

it('is offered to whoever may only watch, as exit code 77 says', async () => {
  const refusal = { success: false, error_code: 'ACCESS_REFUSED', error: 'This token may only watch.' };
  relay.scripts['runtime_start'] = (command) => relay.answer(command, refusal);
  const run = bench.attach(['ls']);
  expect(await run.exit).toBe(77);
  expect(run.stderr.text).toBe('This token may only watch. To follow what others do: npx twinlane attach --watch\n');
});
