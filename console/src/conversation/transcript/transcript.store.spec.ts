import type { Frame } from 'twinlane/protocol';
import { beforeEach, describe, expect, it } from 'vitest';
import { ToolCall, whoAnswered } from './tool-call.js';
import { Transcript } from './transcript.store.js';
import { AgentText, Gap, Notice, Plan, TurnEnd, UserMessage } from './transcript-items.js';

const RUNTIME = { agent_id: null, conversation_id: 'c' };

let transcript: Transcript;
let drawings: (() => void)[];
let seq: number;

beforeEach(() => {
  drawings = [];
  seq = 0;
  transcript = new Transcript(RUNTIME, (draw) => drawings.push(draw));
});

function draw(): void {
  for (const one of drawings.splice(0)) one();
}

function event(type: string, payload: object, ms = 0): Frame {
  seq++;
  return {
    type,
    ...payload,
    runtime: RUNTIME,
    event_epoch: 'e1',
    event_seq: seq,
    emitted_at: new Date(1_000 + ms).toISOString(),
    idempotency_key: `${type}:${seq}`,
  };
}

function delta(message_type: string, fields: object, ms = 0): Frame {
  return event('stream_delta', { delta: { message_type, run_id: 'run-1', ...fields } }, ms);
}

function takes(...frames: readonly Frame[]): void {
  for (const frame of frames) transcript.take(frame);
}

function items(): unknown[] {
  return [...new Set(transcript.items.rows.map(({ item }) => item))];
}

function call(): ToolCall {
  const found = items().find((item) => item instanceof ToolCall);
  if (!found) throw new Error('There is no tool call.');
  return found;
}

const SHELL_CALL = {
  tool_call: { name: 'shell', arguments: '{"command":"make","cwd":"/w"}', tool_call_id: 'call-1' },
};
const QUESTION = {
  request_id: 'ask-1',
  request: {
    subtype: 'can_use_tool',
    tool_name: 'shell',
    input: { command: 'make', cwd: '/w' },
    tool_call_id: 'call-1',
    permission_suggestions: [],
    blocked_path: null,
  },
};
const returns = (fields: object, ms = 0): Frame =>
  delta('tool_return_message', { tool_call_id: 'call-1', name: 'shell', ...fields }, ms);

function shellTurn(): Frame[] {
  return [
    delta('user_message', { content: 'make', client_message_id: 'm1' }),
    delta('tool_call_message', SHELL_CALL, 10),
    event('control_request', QUESTION, 20),
    event('control_request_resolved', { request_id: 'ask-1', outcome: 'allow' }, 30),
    delta('client_tool_start', { tool_call_id: 'call-1', tool_name: 'shell', command: 'make' }, 40),
    returns({ status: 'running', stream: 'stdout', tool_return: 'cc a.c\ncc b' }, 50),
    returns({ status: 'running', stream: 'stdout', tool_return: '.c\n' }, 60),
    returns({ status: 'running', stream: 'stderr', tool_return: 'warning\n' }, 70),
    delta('client_tool_end', { tool_call_id: 'call-1', status: 'error' }, 540),
    returns({ status: 'error', exit_code: 2, tool_return: '' }, 540),
    event('turn_finished', { turn_id: 't1', run_id: 'run-1', stop_reason: 'end_turn' }, 600),
  ];
}

describe('Transcript', () => {
  it('tells a turn of the shell agent: input, one card, end', () => {
    takes(...shellTurn());
    expect(items()).toMatchObject([{ kind: 'user' }, { kind: 'tool' }, { kind: 'end' }]);
    const [input, , end] = items();
    expect(input instanceof UserMessage && input.parts).toEqual([{ kind: 'text', text: 'make' }]);
    expect(call()).toMatchObject({ state: 'error', command: 'make', exitCode: 2, startedAt: 1_040, endedAt: 1_540 });
    expect(call().output.text()).toBe('cc a.c\ncc b.c\nwarning\n');
    expect(call().output.line(2)?.stream).toBe('stderr');
    expect(end instanceof TurnEnd && end.meter).toMatchObject({ elapsed: 600, tools: 1, units: 22 });
  });

  it('takes no event twice, however often the past is shown', () => {
    const frames = shellTurn();
    takes(...frames.slice(0, 7), ...frames.slice(2, 7));
    takes(
      ...frames,
      ...frames
        .filter(({ type }) => type === 'control_request')
        .map((frame) => ({ ...frame, event_seq: undefined, replayed: true })),
    );
    expect(items()).toHaveLength(3);
    expect(call().output.text()).toBe('cc a.c\ncc b.c\nwarning\n');
    expect(transcript.pending.size).toBe(0);
  });

  it('goes on in a new epoch, and takes nothing of other runtimes', () => {
    takes(...shellTurn());
    const next = { ...delta('user_message', { content: 'again', run_id: 'run-2' }), event_epoch: 'e2', event_seq: 1 };
    takes(next, next, { ...next, event_seq: 2, runtime: { agent_id: null, conversation_id: 'other' } });
    expect(items()).toHaveLength(4);
  });

  it('asks until somebody has answered, and says who did', () => {
    takes(...shellTurn().slice(0, 3));
    expect(call().state).toBe('asks');
    expect([...transcript.pending.keys()]).toEqual(['ask-1']);
    transcript.answering('ask-1', { behavior: 'allow' });
    expect(call().approval).toMatchObject({ answering: 'allow' });
    takes(event('control_request_resolved', { request_id: 'ask-1', outcome: 'deny' }));
    transcript.notAnswered('ask-1', 'It was answered already.');
    expect(call().approval).toMatchObject({ outcome: 'deny', byUs: false, answering: undefined, error: undefined });
    expect(transcript.pending.size).toBe(0);
  });

  it('knows its own answer, whichever comes first, the word of it or the event', () => {
    takes(...shellTurn().slice(0, 3));
    transcript.answering('ask-1', { behavior: 'allow' });
    takes(event('control_request_resolved', { request_id: 'ask-1', outcome: 'allow' }));
    transcript.answered('ask-1', { behavior: 'allow' });
    expect(call().approval).toMatchObject({ outcome: 'allow', byUs: true, answering: undefined });
  });

  describe('never says that others gave an answer that may be its own', () => {
    const who = () => {
      const { approval } = call();
      return approval && whoAnswered(approval);
    };
    const resolved = (outcome: string) => takes(event('control_request_resolved', { request_id: 'ask-1', outcome }));

    beforeEach(() => {
      takes(...shellTurn().slice(0, 3));
      draw();
    });

    it('while the word of it is on its way', () => {
      transcript.answering('ask-1', { behavior: 'allow' });
      resolved('allow');
      expect(who()).toBeUndefined();
      transcript.answered('ask-1', { behavior: 'allow' });
      expect(who()).toBe('us');
    });

    it('nor where the word of it never came', () => {
      transcript.answering('ask-1', { behavior: 'allow' });
      transcript.notAnswered('ask-1', 'No connection.');
      transcript.answering('ask-1', { behavior: 'deny' });
      resolved('allow');
      transcript.notAnswered('ask-1', 'It was answered already.');
      expect(who()).toBeUndefined();
    });

    it('which others gave who answered otherwise, or while this page only looked on', () => {
      transcript.answering('ask-1', { behavior: 'allow' });
      resolved('deny');
      expect(who()).toBe('others');
      transcript = new Transcript(RUNTIME, (one) => drawings.push(one));
      takes(...shellTurn().slice(0, 3));
      draw();
      resolved('deny');
      expect(who()).toBe('others');
    });

    it('nor of the past, of which it has seen no question open', () => {
      transcript = new Transcript(RUNTIME, (one) => drawings.push(one));
      takes(...shellTurn());
      draw();
      expect(who()).toBeUndefined();
    });
  });

  it('says why an answer did not count as long as the question is open', () => {
    takes(...shellTurn().slice(0, 3));
    transcript.answering('ask-1', { behavior: 'allow' });
    transcript.notAnswered('ask-1', 'No connection.');
    expect(call().approval).toMatchObject({ outcome: undefined, error: 'No connection.' });
    expect(call().state).toBe('asks');
  });

  it('shows a question of which nothing else is known, and no question to who may not answer', () => {
    takes({ ...event('control_request', QUESTION), event_seq: undefined, replayed: true });
    expect(call()).toMatchObject({ name: 'shell', state: 'asks' });
    expect(call().input).toEqual({ command: 'make', cwd: '/w' });

    transcript = new Transcript(RUNTIME, () => {});
    takes(delta('tool_call_message', SHELL_CALL), event('control_request_withheld', {}));
    expect(call().state).toBe('asks');
    takes(event('control_request_resolved', { request_id: 'ask-1', outcome: 'allow' }));
    expect(call().state).toBe('called');
  });

  it('ends questions and calls with their turn', () => {
    takes(
      ...shellTurn().slice(0, 3),
      event('turn_finished', { turn_id: 't', stop_reason: 'cancelled', run_id: 'run-1' }),
    );
    expect(call()).toMatchObject({ state: 'unknown', approval: { outcome: 'turn_ended' } });
    expect(transcript.pending.size).toBe(0);
  });

  it('calls a tool denied that was refused', () => {
    takes(
      ...shellTurn().slice(0, 3),
      event('control_request_resolved', { request_id: 'ask-1', outcome: 'deny' }),
      returns({ status: 'error', exit_code: null, tool_return: 'Not today.' }),
    );
    expect(call()).toMatchObject({ state: 'denied', note: 'Not today.' });
  });

  it('joins what an agent says until it does something else', () => {
    takes(
      delta('reasoning_message', { id: 'r', reasoning: 'Hm' }),
      delta('reasoning_message', { id: 'r', reasoning: 'm.' }),
      delta('assistant_message', { id: 'a', content: [{ type: 'text', text: 'First' }] }),
      delta('assistant_message', { id: 'a', content: 'ly.\n\nThen' }),
      delta('tool_call_message', SHELL_CALL),
      delta('assistant_message', { id: 'a', content: 'more' }),
    );
    const texts = items().map((item) => (item instanceof AgentText ? `${item.kind}: ${item.text.text()}` : 'call'));
    expect(texts).toEqual(['reasoning: Hmm.', 'assistant: Firstly.\n\nThen', 'call', 'assistant: more']);
    draw();
    expect(transcript.items.rows.map(({ key }) => key)).toEqual([
      'item-1/0',
      'item-2/0',
      'item-2/1',
      'item-3/0',
      'item-4/0',
    ]);
  });

  it('takes the newest announcement of a call, and arguments that come in pieces', () => {
    takes(
      delta('tool_call_message', {
        title: 'edit',
        kind: 'edit',
        tool_call: { name: 'edit', arguments: '{}', tool_call_id: 'call-1' },
      }),
      delta('tool_call_message', {
        title: 'edit a.txt',
        kind: 'edit',
        tool_call: { name: 'edit', arguments: '{"path":"a.txt"}', tool_call_id: 'call-1' },
      }),
    );
    expect(call()).toMatchObject({ title: 'edit a.txt', input: { path: 'a.txt' } });
    const piece = (text: string): Frame =>
      delta('approval_request_message', { tool_call: { name: 'Bash', arguments: text, tool_call_id: 'call-2' } });
    takes(piece('{"comm'), piece('and":"ls'), piece('"}'));
    const second = transcript.items.calls.get('call-2');
    expect(second?.input).toEqual({ command: 'ls' });
    expect(items()).toHaveLength(2);
  });

  it('shows differences, output that is sent anew, and what tools return at once', () => {
    takes(
      returns({ status: 'running', tool_return: '', diffs: [{ path: 'a', patch: '@@\n-x\n+y\n', created: false }] }),
      returns({ status: 'running', tool_return: 'one' }),
      returns({ status: 'running', tool_return: 'other', replaces: true }),
      returns({ status: 'success', tool_return: '' }),
      delta('tool_return_message', { tool_call_id: 'call-2', status: 'success', tool_return: 'all of it' }),
    );
    expect(call()).toMatchObject({ diffs: [{ path: 'a', created: false }], state: 'success' });
    expect(call().output.text()).toBe('other');
    expect(transcript.items.calls.get('call-2')?.output.text()).toBe('all of it');
  });

  it('says an error once, and shows gaps, plans and notices', () => {
    takes(
      delta('status', { level: 'warning', message: 'An image was left out.' }),
      delta('status', { message: 'Plan:', plan: [{ content: 'read', status: 'in_progress' }] }),
      delta('status', { message: 'Plan:', plan: [{ content: 'read', status: 'completed' }] }),
      { type: 'resume_gap', runtime: RUNTIME, event_epoch: 'e1', from: 4, to: 9 },
      { type: 'resume_gap', runtime: RUNTIME, event_epoch: 'e1', from: 4, to: 9 },
      delta('retry', { attempt: 1, message: 'busy' }),
      delta('retry', { attempt: 2, message: 'busy' }),
      delta('loop_error', { message: 'The model is gone.' }),
      event('turn_finished', { turn_id: 't', stop_reason: 'error', error: 'The model is gone.' }),
    );
    const [notice, plan, gap, retry, error, end] = items();
    expect(notice).toMatchObject({ kind: 'notice', level: 'warning' });
    expect(plan instanceof Plan && plan.entries).toEqual([{ content: 'read', status: 'completed' }]);
    expect(gap instanceof Gap && [gap.from, gap.to]).toEqual([4, 9]);
    expect(retry instanceof Notice && retry.message).toBe('Trying again (attempt 2): busy');
    expect(error).toMatchObject({ level: 'error', message: 'The model is gone.' });
    expect(end).toMatchObject({ stopReason: 'error', error: undefined });
    expect(items()).toHaveLength(6);
  });

  it('tells of changes once for each picture', () => {
    takes(...shellTurn().slice(0, 5));
    expect(drawings).toHaveLength(1);
    draw();
    const before = [transcript.items.revision.value, call().revision.value];
    for (let i = 0; i < 100; i++) takes(returns({ status: 'running', stream: 'stdout', tool_return: `line ${i}\n` }));
    expect([transcript.items.revision.value, call().revision.value]).toEqual(before);
    draw();
    expect([transcript.items.revision.value, call().revision.value]).toEqual(before.map((count) => count + 1));
    expect(drawings).toHaveLength(0);
  });

  it('takes 100,000 deltas, and keeps a row for each block', () => {
    for (let i = 0; i < 50_000; i++) {
      takes(delta('assistant_message', { id: 'a', content: `word ${i}${i % 20 === 19 ? '\n\n' : ' '}` }));
      if (i % 80 === 0) draw();
    }
    for (let i = 0; i < 50_000; i++) {
      takes(returns({ status: 'running', stream: 'stdout', tool_return: `line ${i}\n` }));
      if (i % 80 === 0) draw();
    }
    draw();
    expect(call().output.length).toBe(50_000);
    expect(transcript.items.rows).toHaveLength(2_501);
  });
});
