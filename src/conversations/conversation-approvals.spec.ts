import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { codeOf, ConversationBench, DONE, message, QUESTION } from '../../test/kit/conversation-bench.js';
import { ACCESSES, type ApprovalDecision, type ToolRequest } from '../protocol/index.js';
import type { Conversation } from './conversation.js';

let bench: ConversationBench;
beforeEach(async () => (bench = await ConversationBench.open()));
afterEach(() => bench.close());

describe('approvals', () => {
  const ask = async (conversation: Conversation) => {
    conversation.accept([message('one')]);
    const { turn, end } = await bench.agent.nth(0);
    const decision = turn.askApproval(QUESTION);
    const requestId = String((await bench.emitter.untilType('control_request'))['request_id']);
    return { turn, end, decision, requestId };
  };

  it('C19 are asked after the state that belongs to them, and exactly one answer wins', async () => {
    const conversation = bench.start();
    const { end, decision, requestId } = await ask(conversation);
    expect(bench.emitter.ofType('control_request')[0]).toMatchObject({
      request: {
        ...QUESTION,
        subtype: 'can_use_tool',
        permission_suggestions: [],
        blocked_path: null,
      },
    });
    conversation.answer(requestId, { behavior: 'allow', updated_input: { command: 'ls -l' } });
    expect(codeOf(() => conversation.answer(requestId, { behavior: 'deny' }))).toBe('ALREADY_ANSWERED');
    expect(await decision).toEqual({ behavior: 'allow', updated_input: { command: 'ls -l' } });
    end(DONE);
    await bench.emitter.untilType('turn_finished');
    expect(bench.story().slice(3, -4)).toEqual([
      'loop WAITING_ON_APPROVAL',
      'control_request',
      'loop SENDING_API_REQUEST',
      'resolved allow',
    ]);
    expect(codeOf(() => conversation.answer(requestId, { behavior: 'deny' }))).toBe('ALREADY_ANSWERED');
    expect(codeOf(() => conversation.answer('approval-other', { behavior: 'allow' }))).toBe('APPROVAL_UNKNOWN');
  });

  it('C20 the answer that won is accepted again, whoever did not hear of it; another one is told who won', async () => {
    const conversation = bench.start();
    const { decision, requestId, end } = await ask(conversation);
    const won: ApprovalDecision = { behavior: 'allow', updated_input: { command: 'ls -l' } };
    conversation.answer(requestId, won);
    conversation.answer(requestId, { ...won });
    const others: ApprovalDecision[] = [{ behavior: 'deny' }, { behavior: 'allow' }];
    for (const other of others) expect(() => conversation.answer(requestId, other)).toThrow('has ended already: allow');
    expect(await decision).toEqual(won);
    end(DONE);
    await bench.emitter.untilType('turn_finished');
    conversation.answer(requestId, won);
    expect(bench.emitter.ofType('control_request_resolved')).toHaveLength(1);
  });

  it('end with their turn: aborted', async () => {
    const conversation = bench.start();
    const { turn, decision, requestId, end } = await ask(conversation);
    conversation.abort();
    await expect(decision).rejects.toThrow('ended');
    expect(turn.signal.aborted).toBe(true);
    end({ stopReason: 'cancelled' });
    await bench.emitter.untilType('turn_finished');
    expect(bench.story().slice(5)).toEqual([
      'loop SENDING_API_REQUEST',
      'resolved turn_ended',
      'delta stop_reason',
      'loop WAITING_ON_INPUT',
      'device free',
      'turn_finished',
    ]);
    expect(codeOf(() => conversation.answer(requestId, { behavior: 'allow' }))).toBe('ALREADY_ANSWERED');
  });

  it('end with their turn: an agent that did not wait', async () => {
    const conversation = bench.start();
    const { end, decision } = await ask(conversation);
    end(DONE);
    await expect(decision).rejects.toThrow('ended');
    expect(bench.emitter.ofType('control_request_resolved')).toEqual([
      expect.objectContaining({ outcome: 'turn_ended' }),
    ]);
  });

  it('expire as denied where the options say so', async () => {
    const conversation = bench.start({ approvalTimeoutMs: 30_000 });
    const { decision, requestId } = await ask(conversation);
    await bench.clock.advance(30_000);
    const message = 'Nobody answered within 30 s, so it was not done; send the input again when somebody can answer.';
    expect(await decision).toEqual({ behavior: 'deny', message });
    expect(bench.emitter.ofType('control_request_resolved')).toEqual([expect.objectContaining({ outcome: 'expired' })]);
    expect(() => conversation.answer(requestId, { behavior: 'allow' })).toThrow('has ended already: expired');
  });

  it('of one turn wait side by side', async () => {
    const conversation = bench.start();
    const { turn, requestId } = await ask(conversation);
    const second = turn.askApproval({ ...QUESTION, tool_call_id: 'call-2' });
    const other = String(bench.emitter.ofType('control_request')[1]?.['request_id']);
    conversation.answer(requestId, { behavior: 'allow' });
    expect(conversation.state.name).toBe('waiting-for-approval');
    conversation.answer(other, { behavior: 'deny', message: 'no' });
    expect(await second).toEqual({ behavior: 'deny', message: 'no' });
    expect(conversation.state.name).toBe('active');
  });

  it.each([
    ['unrestricted', []],
    ['acceptEdits', ['execute', 'unknown']],
    ['standard', ['write', 'execute', 'unknown']],
    ['strict', ['read', 'write', 'execute', 'unknown']],
  ])('in mode %s are asked for %j', async (mode, asked) => {
    const conversation = bench.start();
    await conversation.configure({ mode });
    conversation.accept([message('one')]);
    const { turn } = await bench.agent.nth(0);
    for (const access of ACCESSES) void turn.askApproval({ ...QUESTION, tool_call_id: access, access });
    void turn.askApproval({ ...QUESTION, tool_call_id: 'unknown' });
    const requests = bench.emitter.ofType('control_request').map(({ request }) => request as ToolRequest);
    expect(requests.map(({ tool_call_id }) => tool_call_id)).toEqual(asked);
    for (const request of requests) expect(request).not.toHaveProperty('access');
  });

  it('are shown again under their own id', async () => {
    const conversation = bench.start();
    const { requestId } = await ask(conversation);
    conversation.replayApprovals();
    expect(bench.emitter.ofType('control_request').map((frame) => frame['request_id'])).toEqual([requestId, requestId]);
  });
});
