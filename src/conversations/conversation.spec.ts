import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { READY_LINK } from '../../test/kit/device-rooms.js';
import { ManualClock, settle } from '../../test/kit/manual-clock.js';
import { PuppetAgent } from '../../test/kit/puppet-agent.js';
import { type Recorded, RecordingEmitter } from '../../test/kit/recording-emitter.js';
import type { TurnEnd } from '../agents/index.js';
import { Permissions, PermissionsOptions } from '../permissions/index.js';
import { ACCESSES, type ApprovalDecision, type ToolRequest } from '../protocol/index.js';
import { PathRefusedError, Workspace } from '../workspace/index.js';
import { Conversation } from './conversation.js';
import { ConversationError } from './conversation.error.js';
import { ConversationsOptions } from './conversations.options.js';
import { MemoryInputLedger } from './memory-input-ledger.js';

const RUNTIME = { agent_id: 'agent-1', conversation_id: 'conv-1' };
const DONE: TurnEnd = { stopReason: 'end_turn' };
const QUESTION = { tool_name: 'shell', tool_call_id: 'call-1', input: { command: 'ls' } };

let root: string;
let emitter: RecordingEmitter;
let agent: PuppetAgent;
let clock: ManualClock;

beforeEach(async () => {
  Logger.overrideLogger(false);
  root = await mkdtemp(path.join(os.tmpdir(), 'twinlane-conversation-'));
  emitter = new RecordingEmitter();
  agent = new PuppetAgent();
  clock = new ManualClock();
});
afterEach(() => rm(root, { recursive: true, force: true }));

function start(given: Partial<ConversationsOptions> = {}): Conversation {
  const options = Object.assign(new ConversationsOptions(), { connectionName: 'test' }, given);
  return new Conversation(RUNTIME, {
    agent,
    emitter: emitter.service,
    links: READY_LINK,
    workspace: new Workspace(root),
    permissions: new Permissions(new PermissionsOptions()),
    clock,
    ledger: new MemoryInputLedger(options.maxRememberedIds),
    options,
  });
}

const message = (content: string, client_message_id = content) => ({ role: 'user', content, client_message_id });

/** What was emitted in short: types, with what tells them apart. */
function story(): string[] {
  return emitter.recorded.map((frame) => {
    switch (frame.type) {
      case 'stream_delta':
        return `delta ${(frame['delta'] as { message_type: string }).message_type}`;
      case 'update_loop_status':
        return `loop ${loopOf(frame)}`;
      case 'update_device_status':
        return (frame['device_status'] as { is_processing: boolean }).is_processing ? 'device busy' : 'device free';
      case 'control_request_resolved':
        return `resolved ${String(frame['outcome'])}`;
      default:
        return frame.type;
    }
  });
}

const loopOf = (frame: Recorded): string => (frame['loop_status'] as { status: string }).status;
const finished = () => emitter.ofType('turn_finished').map((frame) => frame['stop_reason']);
const stopReasons = () =>
  emitter.deltas().flatMap((delta) => (delta.message_type === 'stop_reason' ? [delta['stop_reason']] : []));
const codeOf = (run: () => unknown): string | undefined => {
  try {
    run();
  } catch (error) {
    return error instanceof ConversationError ? error.code : String(error);
  }
};

describe('a turn', () => {
  it('C19 emits its end after the state that belongs to it', async () => {
    const conversation = start();
    expect(conversation.accept([message('hello')])).toEqual({ accepted: true, disposition: 'started' });
    const { turn, end } = await agent.nth(0);
    turn.progress('EXECUTING_CLIENT_SIDE_TOOL', ['call-1']);
    turn.emit({ message_type: 'assistant_message', id: 'm1', content: 'hi' });
    end(DONE);
    await emitter.untilType('turn_finished');
    expect(story()).toEqual([
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
    const conversation = start();
    conversation.accept([message('hello', 'cm-1')]);
    const { turn, end } = await agent.nth(0);
    turn.emit({ message_type: 'assistant_message', content: 'hi' });
    end(DONE);
    const last = await emitter.untilType('turn_finished');
    expect(last).toMatchObject({ turn_id: turn.turnId, run_id: turn.runId, stop_reason: 'end_turn', runtime: RUNTIME });
    expect(emitter.deltas().map(({ run_id, seq_id, type }) => [run_id, seq_id, type])).toEqual([
      [turn.runId, 1, 'message'],
      [turn.runId, 2, 'message'],
      [turn.runId, 3, 'message'],
    ]);
    expect(emitter.deltas()[0]).toMatchObject({ content: 'hello', client_message_id: 'cm-1' });
    expect(emitter.ofType('update_loop_status')[0]?.['loop_status']).toEqual({
      status: 'SENDING_API_REQUEST',
      active_run_ids: [turn.runId],
      client_message_ids_by_run_id: { [turn.runId]: ['cm-1'] },
      executing_tool_call_ids: [],
    });
  });

  it('has one stop_reason that ends it, whatever its agent emits', async () => {
    const conversation = start();
    conversation.accept([message('hello')]);
    const { turn, end } = await agent.nth(0);
    turn.emit({ message_type: 'stop_reason', stop_reason: 'requires_approval' });
    turn.emit({ message_type: 'stop_reason', stop_reason: 'end_turn' });
    end(DONE);
    await emitter.untilType('turn_finished');
    expect(stopReasons()).toEqual(['requires_approval', 'end_turn']);
  });

  it('whose agent throws ends with a loop_error that says what to do', async () => {
    const conversation = start();
    conversation.accept([message('hello')]);
    (await agent.nth(0)).fail(new Error('out of ink'));
    const last = await emitter.untilType('turn_finished');
    expect(last).toMatchObject({ stop_reason: 'error', error: expect.stringContaining('out of ink') });
    expect(story().slice(3)).toEqual([
      'delta loop_error',
      'delta stop_reason',
      'loop WAITING_ON_INPUT',
      'device free',
      'turn_finished',
    ]);
    expect(emitter.deltas()[1]).toMatchObject({ message: expect.stringContaining('Send the input again') });
  });
});

describe('a turn that its agent ends', () => {
  it('with an error has a loop_error that says what to do, before its stop_reason', async () => {
    const conversation = start();
    conversation.accept([message('hello')]);
    (await agent.nth(0)).end({ stopReason: 'error', error: 'No ink; fill it up.' });
    await emitter.untilType('turn_finished');
    expect(emitter.deltas().slice(1)).toMatchObject([
      { message_type: 'loop_error', message: 'No ink; fill it up.', is_terminal: true },
      { message_type: 'stop_reason', stop_reason: 'error' },
    ]);
  });

  it('because a person denied it has none', async () => {
    const conversation = start();
    conversation.accept([message('hello')]);
    (await agent.nth(0)).end({ stopReason: 'denied', error: 'Not allowed.' });
    await emitter.untilType('turn_finished');
    expect(emitter.deltas().map(({ message_type }) => message_type)).not.toContain('loop_error');
  });
});

describe('the queue', () => {
  it('runs one turn at a time, in order, and says exactly what left it', async () => {
    const conversation = start();
    conversation.accept([message('one')]);
    expect(conversation.accept([message('two')])).toEqual({ accepted: true, disposition: 'queued' });
    conversation.accept([message('three', 'cm-3'), message('more', 'cm-4')]);
    const updates = () =>
      emitter.ofType('update_queue').map(({ queue, removed }) => [(queue as unknown[]).length, removed]);
    (await agent.nth(0)).end(DONE);
    (await agent.nth(1)).end(DONE);
    await agent.nth(2);
    expect(agent.turns.map(({ turn }) => turn.messages.map(({ content }) => content))).toEqual([
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
    const conversation = start();
    conversation.accept([message('one')]);
    conversation.accept([message('two')]);
    const [item] = conversation.queue.items;
    expect(conversation.removeQueued(item?.id ?? '')).toBe(true);
    expect(conversation.removeQueued(item?.id ?? '')).toBe(false);
    expect(emitter.ofType('update_queue').at(-1)).toMatchObject({
      queue: [],
      removed: [{ client_message_id: 'two', disposition: 'cancelled' }],
    });
    (await agent.nth(0)).end(DONE);
    await emitter.untilType('turn_finished');
    expect(conversation.state.name).toBe('idle');
  });

  it('refuses what is beyond its bound', async () => {
    const conversation = start({ maxQueuedInputs: 1 });
    conversation.accept([message('one')]);
    conversation.accept([message('two')]);
    expect(codeOf(() => conversation.accept([message('three')]))).toBe('TOO_MANY');
    // Refused is not accepted: the same message may come again.
    (await agent.nth(0)).end(DONE);
    await agent.nth(1);
    expect(conversation.accept([message('three')])).toEqual({ accepted: true, disposition: 'queued' });
  });
});

describe('repeated inputs', () => {
  it('C21 are not run again and get the same answer, also after their turn', async () => {
    const conversation = start();
    const first = conversation.accept([message('one')]);
    const second = conversation.accept([message('two')]);
    expect(conversation.accept([message('one')])).toEqual(first);
    expect(conversation.accept([message('two')])).toEqual(second);
    expect(conversation.queue.length).toBe(1);
    (await agent.nth(0)).end(DONE);
    (await agent.nth(1)).end(DONE);
    await emitter.until(() => finished().length === 2);
    expect(conversation.accept([message('two')])).toEqual(second);
    expect(conversation.state.name).toBe('idle');
    expect(agent.turns.length).toBe(2);
  });

  it('C21 leave out only what is known, also within one input', async () => {
    const conversation = start();
    conversation.accept([message('one')]);
    conversation.accept([message('one'), message('two'), message('two')]);
    (await agent.nth(0)).end(DONE);
    const { turn } = await agent.nth(1);
    expect(turn.messages.map(({ content }) => content)).toEqual(['two']);
  });

  it('C21 are forgotten beyond the bound, oldest first', () => {
    const conversation = start({ maxRememberedIds: 2 });
    for (const text of ['one', 'two', 'three']) conversation.accept([message(text)]);
    conversation.accept([message('three')]);
    expect(conversation.queue.length).toBe(2);
    conversation.accept([message('one')]);
    expect(conversation.queue.length).toBe(3);
  });
});

describe('aborting', () => {
  it('ends the turn under way as cancelled, and the next one runs', async () => {
    const conversation = start();
    conversation.accept([message('one')]);
    conversation.accept([message('two')]);
    const { turn, end } = await agent.nth(0);
    expect(conversation.abort()).toBe(true);
    expect(conversation.abort()).toBe(true);
    expect(turn.signal.aborted).toBe(true);
    end(DONE);
    const next = await agent.nth(1);
    expect(next.turn.signal.aborted).toBe(false);
    expect([stopReasons(), finished()]).toEqual([['cancelled'], ['cancelled']]);
  });

  it('C22 as the turn ends leaves the next turn untouched', async () => {
    const conversation = start();
    conversation.accept([message('one')]);
    conversation.accept([message('two')]);
    const first = await agent.nth(0);
    first.end(DONE);
    conversation.abort(first.turn.runId);
    const next = await agent.nth(1);
    expect(conversation.abort(first.turn.runId)).toBe(false);
    await clock.advance(60_000);
    expect(next.turn.signal.aborted).toBe(false);
    next.end(DONE);
    await emitter.until(() => finished().length === 2);
    expect(finished()[1]).toBe('end_turn');
  });

  it('C22 with the run of another turn aborts nothing', async () => {
    const conversation = start();
    conversation.accept([message('one')]);
    const { turn } = await agent.nth(0);
    expect(conversation.abort('run-of-another')).toBe(false);
    expect(turn.signal.aborted).toBe(false);
    expect(conversation.abort(turn.runId)).toBe(true);
  });

  it('aborts nothing when there is no turn', () => {
    expect(start().abort()).toBe(false);
    expect(emitter.recorded).toEqual([]);
  });

  it('before the agent has started keeps it from starting', async () => {
    const conversation = start();
    conversation.accept([message('one')]);
    expect(conversation.abort()).toBe(true);
    await emitter.untilType('turn_finished');
    expect(finished()).toEqual(['cancelled']);
    expect(agent.turns).toEqual([]);
  });

  it('leaves no timer behind that would keep the process', async () => {
    const conversation = start();
    conversation.accept([message('one')]);
    conversation.abort();
    expect(clock.pending).toBe(1);
    await emitter.untilType('turn_finished');
    expect(clock.pending).toBe(0);
  });

  it('C22 ends a turn whose agent does not end, and its agent has no effect any more', async () => {
    const conversation = start({ abortGraceMs: 5_000 });
    conversation.accept([message('one')]);
    conversation.accept([message('two')]);
    const stuck = await agent.nth(0);
    conversation.abort();
    await clock.advance(5_000);
    expect(finished()).toEqual(['cancelled']);
    await agent.nth(1);
    const before = emitter.recorded.length;
    stuck.turn.emit({ message_type: 'assistant_message', content: 'late' });
    stuck.turn.progress('EXECUTING_COMMAND');
    await expect(stuck.turn.askApproval(QUESTION)).rejects.toThrow('ended');
    stuck.end(DONE);
    await settle();
    expect(emitter.recorded.length).toBe(before);
    expect(conversation.state.name).toBe('active');
  });
});

describe('approvals', () => {
  const ask = async (conversation: Conversation) => {
    conversation.accept([message('one')]);
    const { turn, end } = await agent.nth(0);
    const decision = turn.askApproval(QUESTION);
    const requestId = String((await emitter.untilType('control_request'))['request_id']);
    return { turn, end, decision, requestId };
  };

  it('C19 are asked after the state that belongs to them, and exactly one answer wins', async () => {
    const conversation = start();
    const { end, decision, requestId } = await ask(conversation);
    expect(emitter.ofType('control_request')[0]).toMatchObject({
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
    await emitter.untilType('turn_finished');
    expect(story().slice(3, -4)).toEqual([
      'loop WAITING_ON_APPROVAL',
      'control_request',
      'loop SENDING_API_REQUEST',
      'resolved allow',
    ]);
    expect(codeOf(() => conversation.answer(requestId, { behavior: 'deny' }))).toBe('ALREADY_ANSWERED');
    expect(codeOf(() => conversation.answer('approval-other', { behavior: 'allow' }))).toBe('APPROVAL_UNKNOWN');
  });

  it('C20 the answer that won is accepted again, whoever did not hear of it; another one is told who won', async () => {
    const conversation = start();
    const { decision, requestId, end } = await ask(conversation);
    const won: ApprovalDecision = { behavior: 'allow', updated_input: { command: 'ls -l' } };
    conversation.answer(requestId, won);
    conversation.answer(requestId, { ...won });
    const others: ApprovalDecision[] = [{ behavior: 'deny' }, { behavior: 'allow' }];
    for (const other of others) expect(() => conversation.answer(requestId, other)).toThrow('has ended already: allow');
    expect(await decision).toEqual(won);
    end(DONE);
    await emitter.untilType('turn_finished');
    conversation.answer(requestId, won);
    expect(emitter.ofType('control_request_resolved')).toHaveLength(1);
  });

  it('end with their turn: aborted', async () => {
    const conversation = start();
    const { turn, decision, requestId, end } = await ask(conversation);
    conversation.abort();
    await expect(decision).rejects.toThrow('ended');
    expect(turn.signal.aborted).toBe(true);
    end({ stopReason: 'cancelled' });
    await emitter.untilType('turn_finished');
    expect(story().slice(5)).toEqual([
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
    const conversation = start();
    const { end, decision } = await ask(conversation);
    end(DONE);
    await expect(decision).rejects.toThrow('ended');
    expect(emitter.ofType('control_request_resolved')).toEqual([expect.objectContaining({ outcome: 'turn_ended' })]);
  });

  it('expire as denied where the options say so', async () => {
    const conversation = start({ approvalTimeoutMs: 30_000 });
    const { decision, requestId } = await ask(conversation);
    await clock.advance(30_000);
    const message = 'Nobody answered within 30 s, so it was not done; send the input again when somebody can answer.';
    expect(await decision).toEqual({ behavior: 'deny', message });
    expect(emitter.ofType('control_request_resolved')).toEqual([expect.objectContaining({ outcome: 'expired' })]);
    expect(() => conversation.answer(requestId, { behavior: 'allow' })).toThrow('has ended already: expired');
  });

  it('of one turn wait side by side', async () => {
    const conversation = start();
    const { turn, requestId } = await ask(conversation);
    const second = turn.askApproval({ ...QUESTION, tool_call_id: 'call-2' });
    const other = String(emitter.ofType('control_request')[1]?.['request_id']);
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
    const conversation = start();
    await conversation.configure({ mode });
    conversation.accept([message('one')]);
    const { turn } = await agent.nth(0);
    for (const access of ACCESSES) void turn.askApproval({ ...QUESTION, tool_call_id: access, access });
    void turn.askApproval({ ...QUESTION, tool_call_id: 'unknown' });
    const requests = emitter.ofType('control_request').map(({ request }) => request as ToolRequest);
    expect(requests.map(({ tool_call_id }) => tool_call_id)).toEqual(asked);
    for (const request of requests) expect(request).not.toHaveProperty('access');
  });

  it('are shown again under their own id', async () => {
    const conversation = start();
    const { requestId } = await ask(conversation);
    conversation.replayApprovals();
    expect(emitter.ofType('control_request').map((frame) => frame['request_id'])).toEqual([requestId, requestId]);
  });
});

describe('mode and working directory', () => {
  it('show in the device status', async () => {
    await mkdir(path.join(root, 'sub'));
    const conversation = start();
    await conversation.configure({ mode: 'unrestricted', cwd: 'sub' });
    conversation.replay();
    expect(emitter.recorded.map(({ type }) => type)).toEqual([
      'update_device_status',
      'update_loop_status',
      'update_queue',
      'update_subagent_state',
    ]);
    expect(emitter.recorded[0]?.['device_status']).toMatchObject({
      current_connection_id: 'conn-1',
      connection_name: 'test',
      is_online: true,
      is_processing: false,
      current_permission_mode: 'unrestricted',
      current_working_directory: path.join(root, 'sub'),
      git_context: null,
    });
  });

  it('change both or neither; unknown modes are refused by name', async () => {
    const conversation = start();
    await expect(conversation.configure({ mode: 'yolo', cwd: '.' })).rejects.toThrow(
      'no mode "yolo"; use one of: unrestricted, acceptEdits, standard, strict',
    );
    await expect(conversation.configure({ mode: 'unrestricted', cwd: 'missing' })).rejects.toThrow('ENOENT');
    await writeFile(path.join(root, 'file'), '');
    await expect(conversation.configure({ cwd: 'file' })).rejects.toThrow('not a directory');
    expect([conversation.mode, conversation.cwd]).toEqual(['standard', root]);
  });

  it('C35 the working directory never leaves the workspace', async () => {
    const conversation = start();
    await symlink('/', path.join(root, 'out'));
    for (const cwd of ['..', '/', 'out', 'out/tmp', `${root}/../..`])
      await expect(conversation.configure({ cwd })).rejects.toBeInstanceOf(PathRefusedError);
  });
});
