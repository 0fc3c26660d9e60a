import { describe, expect, it } from 'vitest';
import type { EventType } from '../protocol/index.js';
import { RunKnowledge } from './run-knowledge.js';
import { isEvent } from './received-events.js';
import { TurnMatcher } from './turn-matcher.js';

const RUNTIME = { agent_id: null, conversation_id: 'conv-1' };
const LOOP = { status: 'WAITING_ON_INPUT', active_run_ids: ['run-1'], executing_tool_call_ids: [] };

const ODD: readonly (readonly [type: EventType, payload: object])[] = [
  ['stream_delta', { delta: null }],
  ['stream_delta', { delta: 'text' }],
  ['update_device_status', { device_status: null }],
  ['update_loop_status', { loop_status: null }],
  ['update_loop_status', { loop_status: {} }],
  ['update_loop_status', { loop_status: { ...LOOP, active_run_ids: 1 } }],
  ['update_loop_status', { loop_status: { ...LOOP, client_message_ids_by_run_id: null } }],
  ['update_loop_status', { loop_status: { ...LOOP, client_message_ids_by_run_id: { 'run-1': null } } }],
  ['update_queue', { queue: [] }],
  ['update_queue', { queue: [], removed: [null] }],
  ['update_queue', { queue: [null], removed: [] }],
  ['update_subagent_state', { subagents: {} }],
  ['turn_finished', { stop_reason: {} }],
  ['control_request', { request_id: {}, request: {} }],
  ['control_request', { request_id: 'approval-1', request: null }],
  ['control_request_resolved', { request_id: null }],
];

describe('isEvent', () => {
  it.each(ODD)('C29 no %s is %j, and nobody who reads events trips over it', (type, payload) => {
    const frame = { type, ...payload, runtime: RUNTIME, event_epoch: 'e', event_seq: 1 };
    expect(isEvent(frame, type)).toBe(false);
    const knowledge = new RunKnowledge();
    knowledge.learn(frame);
    const matcher = new TurnMatcher(new Set(['message-1']), knowledge.snapshot());
    matcher.accepted('started');
    expect(matcher.judge(frame)).toBe('within');
  });

  it('takes what a device of ours or of others sends, and any event of a team of its own', () => {
    const named = { runtime: RUNTIME, event_epoch: 'e', event_seq: 1 };
    expect(isEvent({ type: 'update_loop_status', loop_status: LOOP, ...named }, 'update_loop_status')).toBe(true);
    expect(isEvent({ type: 'update_queue', queue: [], removed: [], ...named }, 'update_queue')).toBe(true);
    expect(isEvent({ type: 'stream_delta', delta: {}, ...named }, 'stream_delta')).toBe(true);
    expect(isEvent({ type: 'turn_finished', stop_reason: 'end_turn', ...named }, 'turn_finished')).toBe(true);
    expect(isEvent({ type: 'turn_finished', stop_reason: 'end_turn' }, 'turn_finished')).toBe(false);
    expect(isEvent({ type: 'build_finished', ...named }, 'build_finished' as 'stream_delta')).toBe(true);
  });
});
