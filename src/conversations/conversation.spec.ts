import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { codeOf, ConversationBench, DONE, message, RUNTIME } from '../../test/kit/conversation-bench.js';

let bench: ConversationBench;
beforeEach(async () => (bench = await ConversationBench.open()));
afterEach(() => bench.close());

describe('a turn', () => {
  it('C19 emits its end after the state that belongs to it', async () => {
    const conversation = bench.start();
    expect(conversation.accept([message('hello')])).toEqual({ accepted: true, disposition: 'started' });
    const { turn, end } = await bench.agent.nth(0);
    turn.progress('EXECUTING_CLIENT_SIDE_TOOL', ['call-1']);
    turn.emit({ message_type: 'assistant_message', id: 'm1', content: 'hi' });
    end(DONE);
    await bench.emitter.untilType('turn_finished');
    expect(bench.story()).toEqual([
      'loop SENDING_API_REQUEST',
      'device busy',
      'delta user_message',
      'loop EXECUTING_CLIENT_SIDE_TOOL',
      'delta assistant_message',
      'delta stop_reason',
      'loop WAITING_ON_INPUT',
      'device free',
      'turn_finished',
    ]);
  });

  it('says run, message ids and place in the run in status and deltas', async () => {
    const conversation = bench.start();
    conversation.accept([message('hello', 'cm-1')]);
    const { turn, end } = await bench.agent.nth(0);
    turn.emit({ message_type: 'assistant_message', content: 'hi' });
    end(DONE);
    const last = await bench.emitter.untilType('turn_finished');
    expect(last).toMatchObject({ turn_id: turn.turnId, run_id: turn.runId, stop_reason: 'end_turn', runtime: RUNTIME });
    expect(bench.emitter.deltas().map(({ run_id, seq_id, type }) => [run_id, seq_id, type])).toEqual([
      [turn.runId, 1, 'message'],
      [turn.runId, 2, 'message'],
      [turn.runId, 3, 'message'],
    ]);
    expect(bench.emitter.deltas()[0]).toMatchObject({ content: 'hello', client_message_id: 'cm-1' });
    expect(bench.emitter.ofType('update_loop_status')[0]?.['loop_status']).toEqual({
      status: 'SENDING_API_REQUEST',
      active_run_ids: [turn.runId],
      client_message_ids_by_run_id: { [turn.runId]: ['cm-1'] },
      executing_tool_call_ids: [],
    });
  });

  it('has one stop_reason that ends it, whatever its agent emits', async () => {
    const conversation = bench.start();
    conversation.accept([message('hello')]);
    const { turn, end } = await bench.agent.nth(0);
    turn.emit({ message_type: 'stop_reason', stop_reason: 'requires_approval' });
    turn.emit({ message_type: 'stop_reason', stop_reason: 'end_turn' });
    end(DONE);
    await bench.emitter.untilType('turn_finished');
    expect(bench.stopReasons()).toEqual(['requires_approval', 'end_turn']);
  });

  it('whose agent throws ends with a loop_error that says what to do', async () => {
    const conversation = bench.start();
    conversation.accept([message('hello')]);
    (await bench.agent.nth(0)).fail(new Error('out of ink'));
    const last = await bench.emitter.untilType('turn_finished');
    expect(last).toMatchObject({ stop_reason: 'error', error: expect.stringContaining('out of ink') });
    expect(bench.story().slice(3)).toEqual([
      'delta loop_error',
      'delta stop_reason',
      'loop WAITING_ON_INPUT',
      'device free',
      'turn_finished',
    ]);
    expect(bench.emitter.deltas()[1]).toMatchObject({ message: expect.stringContaining('Send the input again') });
  });
});

describe('a turn that its agent ends', () => {
  it('with an error has a loop_error that says what to do, before its stop_reason', async () => {
    const conversation = bench.start();
    conversation.accept([message('hello')]);
    (await bench.agent.nth(0)).end({ stopReason: 'error', error: 'No ink; fill it up.' });
    await bench.emitter.untilType('turn_finished');
    expect(bench.emitter.deltas().slice(1)).toMatchObject([
      { message_type: 'loop_error', message: 'No ink; fill it up.', is_terminal: true },
      { message_type: 'stop_reason', stop_reason: 'error' },
    ]);
  });

  it('because a person denied it has none', async () => {
    const conversation = bench.start();
    conversation.accept([message('hello')]);
    (await bench.agent.nth(0)).end({ stopReason: 'denied', error: 'Not allowed.' });
    await bench.emitter.untilType('turn_finished');
    expect(bench.emitter.deltas().map(({ message_type }) => message_type)).not.toContain('loop_error');
  });
});

describe('the queue', () => {
  it('runs one turn at a time, in order, and says exactly what left it', async () => {
    const conversation = bench.start();
    conversation.accept([message('one')]);
    expect(conversation.accept([message('two')])).toEqual({ accepted: true, disposition: 'queued' });
    conversation.accept([message('three', 'cm-3'), message('more', 'cm-4')]);
    const updates = () =>
      bench.emitter.ofType('update_queue').map(({ queue, removed }) => [(queue as unknown[]).length, removed]);
    (await bench.agent.nth(0)).end(DONE);
    (await bench.agent.nth(1)).end(DONE);
    await bench.agent.nth(2);
    expect(bench.agent.turns.map(({ turn }) => turn.messages.map(({ content }) => content))).toEqual([
      ['one'],
      ['two'],
      ['three', 'more'],
    ]);
    expect(updates()).toEqual([
      [1, []],
      [2, []],
      [1, [{ client_message_id: 'two', disposition: 'dequeued' }]],
      [
        0,
        [
          { client_message_id: 'cm-3', disposition: 'dequeued' },
          { client_message_id: 'cm-4', disposition: 'dequeued' },
        ],
      ],
    ]);
  });

  it('lets an item go that is taken out, and says so', async () => {
    const conversation = bench.start();
    conversation.accept([message('one')]);
    conversation.accept([message('two')]);
    const [item] = conversation.queue.items;
    expect(conversation.removeQueued(item?.id ?? '')).toBe(true);
    expect(conversation.removeQueued(item?.id ?? '')).toBe(false);
    expect(bench.emitter.ofType('update_queue').at(-1)).toMatchObject({
      queue: [],
      removed: [{ client_message_id: 'two', disposition: 'cancelled' }],
    });
    (await bench.agent.nth(0)).end(DONE);
    await bench.emitter.untilType('turn_finished');
    expect(conversation.state.name).toBe('idle');
  });

  it('refuses what is beyond its bound', async () => {
    const conversation = bench.start({ maxQueuedInputs: 1 });
    conversation.accept([message('one')]);
    conversation.accept([message('two')]);
    expect(codeOf(() => conversation.accept([message('three')]))).toBe('TOO_MANY');
    // Refused is not accepted: the same message may come again.
    (await bench.agent.nth(0)).end(DONE);
    await bench.agent.nth(1);
    expect(conversation.accept([message('three')])).toEqual({ accepted: true, disposition: 'queued' });
  });
});

describe('repeated inputs', () => {
  it('C21 are not run again and get the same answer, also after their turn', async () => {
    const conversation = bench.start();
    const first = conversation.accept([message('one')]);
    const second = conversation.accept([message('two')]);
    expect(conversation.accept([message('one')])).toEqual(first);
    expect(conversation.accept([message('two')])).toEqual(second);
    expect(conversation.queue.length).toBe(1);
    (await bench.agent.nth(0)).end(DONE);
    (await bench.agent.nth(1)).end(DONE);
    await bench.emitter.until(() => bench.finished().length === 2);
    expect(conversation.accept([message('two')])).toEqual(second);
    expect(conversation.state.name).toBe('idle');
    expect(bench.agent.turns.length).toBe(2);
  });

  it('C21 leave out only what is known, also within one input', async () => {
    const conversation = bench.start();
    conversation.accept([message('one')]);
    conversation.accept([message('one'), message('two'), message('two')]);
    (await bench.agent.nth(0)).end(DONE);
    const { turn } = await bench.agent.nth(1);
    expect(turn.messages.map(({ content }) => content)).toEqual(['two']);
  });

  it('C21 are forgotten beyond the bound, oldest first', () => {
    const conversation = bench.start({ maxRememberedIds: 2 });
    for (const text of ['one', 'two', 'three']) conversation.accept([message(text)]);
    conversation.accept([message('three')]);
    expect(conversation.queue.length).toBe(2);
    conversation.accept([message('one')]);
    expect(conversation.queue.length).toBe(3);
  });
});
