import { expect, it } from 'vitest';
import type { Frame } from '../protocol/index.js';
import { RunKnowledge } from './run-knowledge.js';
import { TurnMatcher } from './turn-matcher.js';

const runtime = { agent_id: 'agent-1', conversation_id: 'conv-1' };

function event(type: string, payload: object): Frame {
  return { type, ...payload, runtime };
}
function status(state: string, run?: string, served: Record<string, string[]> = {}): Frame {
  return event('update_loop_status', {
    loop_status: {
      status: state,
      active_run_ids: run === undefined ? [] : [run],
      executing_tool_call_ids: [],
      client_message_ids_by_run_id: served,
    },
  });
}
const delta = (run?: string, fields: object = {}): Frame =>
  event('stream_delta', {
    delta: { message_type: 'assistant_message', ...(run === undefined ? {} : { run_id: run }), ...fields },
  });
const finished = (run?: string, stop_reason = 'end_turn'): Frame =>
  event('turn_finished', { turn_id: 'turn-1', stop_reason, ...(run === undefined ? {} : { run_id: run }) });
const dequeued = (id: string, disposition = 'dequeued'): Frame =>
  event('update_queue', { queue: [], removed: [{ client_message_id: id, disposition }] });

function matcher(before: Frame[] = []): TurnMatcher {
  const knowledge = new RunKnowledge();
  for (const frame of before) knowledge.learn(frame);
  return new TurnMatcher(new Set(['mine']), knowledge.snapshot());
}
function judge(turn: TurnMatcher, frames: Frame[]): string[] {
  return frames.map((frame) => turn.judge(frame));
}

it('takes all events of a turn that was started at once in an idle runtime', () => {
  const turn = matcher([status('WAITING_ON_INPUT')]);
  turn.accepted('started');
  expect(
    judge(turn, [
      status('SENDING_API_REQUEST'),
      status('PROCESSING_API_RESPONSE', 'run-1', { 'run-1': ['mine'] }),
      delta('run-1'),
      finished('run-1'),
    ]),
  ).toEqual(['within', 'within', 'within', 'end']);
});

it('C22 leaves out the end of an earlier turn that is still under way here', () => {
  const turn = matcher([status('PROCESSING_API_RESPONSE', 'run-0', { 'run-0': ['other'] })]);
  turn.accepted('started');
  expect(judge(turn, [delta('run-0'), finished('run-0'), delta('run-1'), finished('run-1')])).toEqual([
    'other',
    'other',
    'within',
    'end',
  ]);
});

it('leaves out the end of an earlier turn on devices that name no runs', () => {
  const turn = matcher([delta('run-0')]);
  turn.accepted('started');
  expect(judge(turn, [finished(), delta(), finished()])).toEqual(['other', 'within', 'end']);
});

it('waits for its place in the queue', () => {
  const turn = matcher([status('PROCESSING_API_RESPONSE', 'run-0')]);
  turn.accepted('queued');
  expect(turn.begun).toBe(false);
  expect(judge(turn, [delta('run-0'), finished('run-0'), delta('run-1'), finished('run-1')])).toEqual([
    'other',
    'other',
    'other',
    'other',
  ]);
  expect(judge(turn, [dequeued('mine'), delta('run-2'), finished('run-2')])).toEqual(['within', 'within', 'end']);
});

it('recognises its run where the queue says nothing', () => {
  const turn = matcher([status('PROCESSING_API_RESPONSE', 'run-0')]);
  turn.accepted('queued');
  expect(
    judge(turn, [
      finished('run-0'),
      status('PROCESSING_API_RESPONSE', 'run-1', { 'run-1': ['mine'] }),
      finished('run-1'),
    ]),
  ).toEqual(['other', 'within', 'end']);
  expect(turn.run).toBe('run-1');
});

it('recognises itself by the echo of its message', () => {
  const turn = matcher([delta('run-0')]);
  turn.accepted('queued');
  expect(judge(turn, [finished('run-0'), delta('run-1', { client_message_id: 'mine' }), finished('run-1')])).toEqual([
    'other',
    'within',
    'end',
  ]);
});

it('knows the run of another client that began between', () => {
  const turn = matcher();
  turn.accepted('started');
  const served = { 'run-x': ['theirs'] };
  expect(
    judge(turn, [
      status('PROCESSING_API_RESPONSE', 'run-x', served),
      finished('run-x'),
      delta('run-1'),
      finished('run-1'),
    ]),
  ).toEqual(['within', 'other', 'within', 'end']);
});

it('ends when it was taken out of the queue', () => {
  const turn = matcher([delta('run-0')]);
  turn.accepted('queued');
  expect(judge(turn, [dequeued('mine', 'cancelled')])).toEqual(['cancelled']);
});

it('does not end where an approval is required', () => {
  const turn = matcher();
  turn.accepted('started');
  expect(judge(turn, [finished('run-1', 'requires_approval'), delta('run-2'), finished('run-2')])).toEqual([
    'within',
    'within',
    'end',
  ]);
});

it('forgets old runs, not the newest', () => {
  const knowledge = new RunKnowledge();
  for (let i = 0; i < 1_000; i++) knowledge.learn(delta(`run-${i}`));
  expect(knowledge.snapshot().runs.has('run-999')).toBe(true);
  expect(knowledge.snapshot().runs.has('run-0')).toBe(false);
});

it('corrects itself when a run turns out to serve somebody else', () => {
  const turn = matcher();
  turn.accepted('started');
  const status1 = status('PROCESSING_API_RESPONSE', 'run-x', { 'run-x': ['theirs'] });
  expect(judge(turn, [delta('run-x'), status1, finished('run-x'), finished('run-1')])).toEqual([
    'within',
    'within',
    'other',
    'end',
  ]);
});
