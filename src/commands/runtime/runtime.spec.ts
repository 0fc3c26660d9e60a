import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type DeviceRooms, startDeviceRooms } from '../../../test/kit/device-rooms.js';
import type { Frame } from '../../protocol/index.js';

const runtime = { agent_id: 'agent-1', conversation_id: 'conv-1' };
const SNAPSHOTS = ['update_device_status', 'update_loop_status', 'update_queue', 'update_subagent_state'];

let rooms: DeviceRooms;
beforeEach(async () => {
  rooms = await startDeviceRooms();
});
afterEach(() => rooms.close());

const types = () => rooms.emitter.recorded.map(({ type }) => type);
const input = (fields: object): Frame => ({ type: 'input', runtime, ...fields });
const saying = (content: string, client_message_id?: string) => ({
  payload: { kind: 'create_message', messages: [{ role: 'user', content, client_message_id }] },
});
const deciding = (request_id: string, decision: object) => ({
  payload: { kind: 'approval_response', request_id, decision },
});
const pendingId = async () => String((await rooms.emitter.untilType('control_request'))['request_id']);
const mode = (wanted: string) => rooms.ask({ type: 'change_device_state', runtime, payload: { mode: wanted } });

describe('runtime_start', () => {
  it('opens a runtime with the ids, mode and directory it names, then shows its state', async () => {
    await mkdir(path.join(rooms.root, 'sub'));
    const answer = await rooms.ask({
      type: 'runtime_start',
      ...runtime,
      mode: 'unrestricted',
      cwd: 'sub',
      client_info: { name: 'lab' },
      request_id: 'rs1',
    });
    expect(answer).toEqual({
      type: 'runtime_start_response',
      request_id: 'rs1',
      success: true,
      runtime,
      created: { agent: false, conversation: false },
      agent: { id: 'agent-1', name: 'agent-1' },
      conversation: { id: 'conv-1', agent_id: 'agent-1' },
    });
    expect(types()).toEqual(['runtime_start_response', ...SNAPSHOTS]);
    expect(rooms.emitter.recorded[1]?.['device_status']).toMatchObject({
      current_permission_mode: 'unrestricted',
      current_working_directory: path.join(rooms.root, 'sub'),
    });
  });

  it('makes what is missing', async () => {
    const answer = await rooms.ask({
      type: 'runtime_start',
      create_agent: { body: { name: 'bb' } },
      create_conversation: { body: {} },
    });
    expect(answer).toMatchObject({
      success: true,
      created: { agent: true, conversation: true },
      agent: { name: 'bb' },
    });
    const other = await rooms.ask({ type: 'runtime_start', agent_id: 'agent-1' });
    expect(other).toMatchObject({ runtime: { agent_id: 'agent-1' }, created: { agent: false, conversation: true } });
    expect(other['runtime']).not.toEqual(answer['runtime']);
  });

  it.each([
    [{}, 'COMMAND_INVALID', 'agent_id or create_agent'],
    [{ agent_id: 'a', create_agent: {} }, 'COMMAND_INVALID', 'agent_id or create_agent'],
    [{ agent_id: 7 }, 'COMMAND_INVALID', 'agent_id'],
    [{ agent_id: 'a', mode: 'yolo' }, 'MODE_UNKNOWN', '"yolo"'],
    [{ agent_id: 'a', cwd: 'missing' }, 'COMMAND_FAILED', 'ENOENT'],
  ])('C11 refuses %j', async (fields, code, text) => {
    const answer = await rooms.ask({ type: 'runtime_start', ...fields });
    expect(answer).toMatchObject({ success: false, error_code: code, error: expect.stringContaining(text) });
  });
});

describe('input', () => {
  it('C19 is answered at acceptance, before the turn; the turn asks, runs and ends in order', async () => {
    const accepted = await rooms.ask(input({ ...saying('echo hi; exit 3', 'cm-1'), request_id: 'in1' }));
    expect(accepted).toEqual({
      type: 'input_accepted',
      request_id: 'in1',
      runtime,
      success: true,
      accepted: true,
      disposition: 'started',
    });
    const request_id = await pendingId();
    expect(await rooms.ask(input(deciding(request_id, { behavior: 'allow' })))).toMatchObject({ accepted: true });
    expect(await rooms.emitter.untilType('turn_finished')).toMatchObject({ stop_reason: 'end_turn' });
    const story = rooms.emitter.recorded.map(
      (frame) => (frame['delta'] as { message_type?: string } | undefined)?.message_type ?? frame.type,
    );
    expect(story[0]).toBe('input_accepted');
    expect(story.filter((what) => what !== 'input_accepted' && !what.startsWith('update_'))).toEqual([
      'user_message',
      'tool_call_message',
      'control_request',
      'control_request_resolved',
      'client_tool_start',
      'tool_return_message',
      'client_tool_end',
      'tool_return_message',
      'stop_reason',
      'turn_finished',
    ]);
    const before = (type: string) => story.slice(0, story.indexOf(type)).findLast((what) => what.startsWith('update_'));
    expect(before('turn_finished')).toBe('update_device_status');
    expect(before('control_request')).toBe('update_loop_status');
    expect(rooms.emitter.deltas().findLast((delta) => delta.message_type === 'tool_return_message')).toMatchObject({
      status: 'error',
      exit_code: 3,
    });
  });

  it('a denied command ends the turn as denied', async () => {
    await rooms.ask(input(saying('echo hi')));
    await rooms.ask(input(deciding(await pendingId(), { behavior: 'deny', message: 'no' })));
    expect(await rooms.emitter.untilType('turn_finished')).toMatchObject({ stop_reason: 'denied', error: 'no' });
    expect(rooms.emitter.output()).toBe('');
  });

  it('exactly one answer to an approval wins; ids that are not pending are refused', async () => {
    const unknown = await rooms.ask(input(deciding('zz', { behavior: 'allow' })));
    expect(unknown).toMatchObject({ type: 'input_accepted', accepted: false, error_code: 'APPROVAL_UNKNOWN', runtime });
    await rooms.ask(input(saying('echo hi')));
    const request_id = await pendingId();
    const answers = await Promise.all(
      ['allow', 'deny'].map((behavior) => rooms.ask(input(deciding(request_id, { behavior })))),
    );
    expect(answers.map(({ accepted, error_code }) => [accepted, error_code])).toEqual([
      [true, undefined],
      [false, 'ALREADY_ANSWERED'],
    ]);
    await rooms.emitter.untilType('turn_finished');
    expect(rooms.emitter.ofType('control_request_resolved')).toEqual([
      expect.objectContaining({ request_id, outcome: 'allow' }),
    ]);
    expect(await rooms.ask(input(deciding('zz', { behavior: 'allow' })))).toMatchObject({
      error_code: 'APPROVAL_UNKNOWN',
    });
  });

  it('in mode unrestricted nobody is asked', async () => {
    expect(await mode('unrestricted')).toMatchObject({ success: true });
    await rooms.input(runtime, 'echo hi');
    await rooms.emitter.untilType('turn_finished');
    expect(rooms.emitter.output()).toBe('hi\n');
    expect(rooms.emitter.ofType('control_request')).toEqual([]);
  });

  it('C21 the same client_message_id under another request is not run again and gets the same answer', async () => {
    await mode('unrestricted');
    const first = await rooms.ask(input({ ...saying('echo hi', 'cm-1'), request_id: 'in1' }));
    await rooms.emitter.untilType('turn_finished');
    const second = await rooms.ask(input({ ...saying('echo hi', 'cm-1'), request_id: 'in2' }));
    expect(second).toEqual({ ...first, request_id: 'in2' });
    await rooms.conversations.shutdown(0);
    expect(rooms.emitter.ofType('turn_finished').length).toBe(1);
  });

  it('takes the legacy frame for what it means', async () => {
    await mode('unrestricted');
    const { agent_id: agentId, conversation_id: conversationId } = runtime;
    rooms.dispatcher.dispatch({
      type: 'message',
      agentId,
      conversationId,
      messages: [{ role: 'user', content: 'echo legacy' }],
    });
    expect(await rooms.emitter.untilType('turn_finished')).toMatchObject({ runtime });
    expect(rooms.emitter.output()).toBe('legacy\n');
    expect(rooms.emitter.ofType('input_accepted')).toEqual([]);
  });

  it.each([
    [{ payload: { kind: 'create_message' } }, 'payload.messages'],
    [{ payload: { kind: 'create_message', messages: [] } }, 'payload.messages'],
    [{ payload: { kind: 'create_message', messages: ['hi'] } }, 'payload.messages.0'],
    [{ payload: { kind: 'create_message', messages: [{ role: 'user' }] } }, 'payload.messages.0.content'],
    [{ payload: { kind: 'create_message', messages: [{ content: 'hi' }] } }, 'payload.messages.0.role'],
    [{ payload: { kind: 'approval_response', request_id: 'x' } }, 'payload.decision'],
    [{ payload: { kind: 'approval_response', decision: { behavior: 'maybe' } } }, 'payload.decision.behavior'],
    [{ payload: { kind: 'other' } }, 'payload.kind'],
    [{ payload: 'hi' }, 'payload'],
    [{}, 'payload'],
    [{ runtime: { agent_id: 'a' }, ...saying('hi') }, 'runtime.conversation_id'],
    [{ runtime: null, ...saying('hi') }, 'runtime'],
  ])('C11 %j is not accepted, and the field is named', async (fields, name) => {
    const answer = await rooms.ask(input(fields));
    expect(answer).toMatchObject({
      type: 'input_accepted',
      accepted: false,
      success: false,
      error_code: 'COMMAND_INVALID',
    });
    expect(answer['error']).toContain(`${name} `);
    expect(types()).toEqual(['input_accepted']);
  });

  it('leaves out what a client adds to the runtime', async () => {
    await mode('unrestricted');
    await rooms.ask(input({ ...saying('true'), runtime: { ...runtime, acting_user_id: 'u1' } }));
    expect((await rooms.emitter.untilType('turn_finished')).runtime).toEqual(runtime);
  });
});

describe('abort_message', () => {
  const abort = (fields: object = {}) => rooms.ask({ type: 'abort_message', runtime, ...fields });

  it('aborts nothing when there is nothing', async () => {
    expect(await abort({ request_id: 'ab1' })).toEqual({
      type: 'abort_message_response',
      request_id: 'ab1',
      success: true,
      runtime,
      aborted: false,
    });
  });

  it('C22 ends the turn under way, and only the one it names', async () => {
    await mode('unrestricted');
    await rooms.input(runtime, 'echo ready; sleep 1000');
    await rooms.emitter.until(() => rooms.emitter.output().includes('ready'));
    expect(await rooms.input(runtime, 'echo next')).toMatchObject({ disposition: 'queued' });
    expect(await abort({ run_id: 'run-of-another' })).toMatchObject({ aborted: false });
    const run_id = rooms.emitter.deltas()[0]?.run_id;
    expect(await abort({ run_id })).toMatchObject({ aborted: true });
    await rooms.emitter.until(() => rooms.emitter.ofType('turn_finished').length === 2);
    expect(await abort({ run_id })).toMatchObject({ aborted: false });
    expect(rooms.emitter.ofType('turn_finished').map((frame) => frame['stop_reason'])).toEqual([
      'cancelled',
      'end_turn',
    ]);
    expect(rooms.emitter.output()).toBe('ready\nnext\n');
  });
});

describe('change_device_state', () => {
  it('shows its effect in the device status', async () => {
    expect(await mode('unrestricted')).toMatchObject({ type: 'change_device_state_response', success: true, runtime });
    expect(rooms.emitter.recorded[0]?.['device_status']).toMatchObject({ current_permission_mode: 'unrestricted' });
  });

  it('C11 refuses modes this device does not have, by name', async () => {
    for (const wanted of ['yolo', 'Strict', 'toString'])
      expect(await mode(wanted)).toMatchObject({
        success: false,
        error_code: 'MODE_UNKNOWN',
        error: `This device has no mode "${wanted}"; use one of: unrestricted, acceptEdits, standard, strict.`,
      });
    expect(rooms.emitter.ofType('update_device_status')).toEqual([]);
  });
});

describe('sync', () => {
  it('shows the state before it answers, and pending approvals where they are asked for', async () => {
    await rooms.input(runtime, 'echo hi');
    const request_id = await pendingId();
    const seen = rooms.emitter.recorded.length;
    await rooms.ask({ type: 'sync', runtime, force_device_status: true });
    expect(types().slice(seen)).toEqual([...SNAPSHOTS, 'sync_response']);
    const next = rooms.emitter.recorded.length;
    await rooms.ask({ type: 'sync', runtime, recover_approvals: true });
    expect(types().slice(next)).toEqual(['control_request', ...SNAPSHOTS, 'sync_response']);
    const [first, again] = rooms.emitter.ofType('control_request');
    expect(again).toEqual(first);
    expect(again?.['request_id']).toBe(request_id);
  });
});

describe('the queue commands', () => {
  it('take an item out, and have nothing to resume', async () => {
    await rooms.input(runtime, 'echo one');
    await pendingId();
    await rooms.input(runtime, 'echo two');
    const [item] = rooms.conversations.of(runtime).queue.items;
    const remove = () => rooms.ask({ type: 'remove_queue_item', runtime, item_id: item?.id });
    expect(await remove()).toMatchObject({ success: true, item_id: item?.id });
    expect(await remove()).toMatchObject({
      success: false,
      item_id: item?.id,
      error_code: 'QUEUE_ITEM_UNKNOWN',
      error: expect.stringContaining('may have started'),
    });
    expect(await rooms.ask({ type: 'resume_queue', runtime })).toMatchObject({ success: true, resumed: 0, runtime });
  });
});

describe('execute_command', () => {
  it('runs what it knows, and shows start and end to everybody', async () => {
    const answer = await rooms.ask({ type: 'execute_command', runtime, command_id: 'status', args: 'now' });
    expect(answer).toMatchObject({ success: true, output: expect.stringContaining('mode standard') });
    expect(rooms.emitter.deltas().map(({ message_type, input: line }) => [message_type, line])).toEqual([
      ['slash_command_start', '/status now'],
      ['slash_command_end', '/status now'],
    ]);
    expect(await rooms.ask({ type: 'execute_command', runtime, command_id: 'help' })).toMatchObject({
      output: expect.stringContaining('/status: '),
    });
  });

  it('says which command it does not know, in the stock words', async () => {
    expect(await rooms.ask({ type: 'execute_command', runtime, command_id: 'bogus', request_id: 'ec0' })).toEqual({
      type: 'execute_command_response',
      request_id: 'ec0',
      success: false,
      output: 'Unknown command: bogus',
    });
    expect(rooms.emitter.deltas()[1]).toMatchObject({
      message_type: 'slash_command_end',
      command_id: 'bogus',
      input: '/bogus',
      output: 'Unknown command: bogus',
      success: false,
    });
  });
});

describe('app_server_info', () => {
  it('says what this device is', async () => {
    expect(await rooms.ask({ type: 'app_server_info', request_id: 'q1' })).toMatchObject({
      type: 'app_server_info_response',
      success: true,
      backend: 'twinlane',
      protocol_version: 1,
      supported_permission_modes: ['unrestricted', 'acceptEdits', 'standard', 'strict'],
      twinlane_version: expect.stringMatching(/^\d+\.\d+\.\d+/),
      capabilities: { runtime_start: true, split_channels: true },
    });
  });
});
