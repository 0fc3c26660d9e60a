import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConversationBench, DONE, message, QUESTION } from '../../test/kit/conversation-bench.js';
import { settle } from '../../test/kit/manual-clock.js';

let bench: ConversationBench;
beforeEach(async () => (bench = await ConversationBench.open()));
afterEach(() => bench.close());

describe('aborting', () => {
  it('ends the turn under way as cancelled, and the next one runs', async () => {
    const conversation = bench.start();
    conversation.accept([message('one')]);
    conversation.accept([message('two')]);
    const { turn, end } = await bench.agent.nth(0);
    expect(conversation.abort()).toBe(true);
    expect(conversation.abort()).toBe(true);
    expect(turn.signal.aborted).toBe(true);
    end(DONE);
    const next = await bench.agent.nth(1);
    expect(next.turn.signal.aborted).toBe(false);
    expect([bench.stopReasons(), bench.finished()]).toEqual([['cancelled'], ['cancelled']]);
  });

  it('C22 as the turn ends leaves the next turn untouched', async () => {
    const conversation = bench.start();
    conversation.accept([message('one')]);
    conversation.accept([message('two')]);
    const first = await bench.agent.nth(0);
    first.end(DONE);
    conversation.abort(first.turn.runId);
    const next = await bench.agent.nth(1);
    expect(conversation.abort(first.turn.runId)).toBe(false);
    await bench.clock.advance(60_000);
    expect(next.turn.signal.aborted).toBe(false);
    next.end(DONE);
    await bench.emitter.until(() => bench.finished().length === 2);
    expect(bench.finished()[1]).toBe('end_turn');
  });

  it('C22 with the run of another turn aborts nothing', async () => {
    const conversation = bench.start();
    conversation.accept([message('one')]);
    const { turn } = await bench.agent.nth(0);
    expect(conversation.abort('run-of-another')).toBe(false);
    expect(turn.signal.aborted).toBe(false);
    expect(conversation.abort(turn.runId)).toBe(true);
  });

  it('aborts nothing when there is no turn', () => {
    expect(bench.start().abort()).toBe(false);
    expect(bench.emitter.recorded).toEqual([]);
  });

  it('before the agent has started keeps it from starting', async () => {
    const conversation = bench.start();
    conversation.accept([message('one')]);
    expect(conversation.abort()).toBe(true);
    await bench.emitter.untilType('turn_finished');
    expect(bench.finished()).toEqual(['cancelled']);
    expect(bench.agent.turns).toEqual([]);
  });

  it('leaves no timer behind that would keep the process', async () => {
    const conversation = bench.start();
    conversation.accept([message('one')]);
    conversation.abort();
    expect(bench.clock.pending).toBe(1);
    await bench.emitter.untilType('turn_finished');
    expect(bench.clock.pending).toBe(0);
  });

  it('C22 ends a turn whose agent does not end, and its agent has no effect any more', async () => {
    const conversation = bench.start({ abortGraceMs: 5_000 });
    conversation.accept([message('one')]);
    conversation.accept([message('two')]);
    const stuck = await bench.agent.nth(0);
    conversation.abort();
    await bench.clock.advance(5_000);
    expect(bench.finished()).toEqual(['cancelled']);
    await bench.agent.nth(1);
    const before = bench.emitter.recorded.length;
    stuck.turn.emit({ message_type: 'assistant_message', content: 'late' });
    stuck.turn.progress('EXECUTING_COMMAND');
    await expect(stuck.turn.askApproval(QUESTION)).rejects.toThrow('ended');
    stuck.end(DONE);
    await settle();
    expect(bench.emitter.recorded.length).toBe(before);
    expect(conversation.state.name).toBe('active');
  });
});
