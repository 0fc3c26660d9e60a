import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { READY_LINK, startDeviceRooms } from '../../test/kit/device-rooms.js';
import { ManualClock, settle } from '../../test/kit/manual-clock.js';
import { PuppetAgent } from '../../test/kit/puppet-agent.js';
import { RecordingEmitter } from '../../test/kit/recording-emitter.js';
import type { TurnEnd } from '../agents/index.js';
import { MemoryJournal, openDatabase } from '../journal/index.js';
import type { Delta, EventName } from '../protocol/index.js';
import { Permissions, PermissionsOptions } from '../permissions/index.js';
import { Workspace } from '../workspace/index.js';
import { Conversation } from './conversation.js';
import { ConversationsOptions } from './conversations.options.js';
import { INPUT_LEDGER, type InputLedger, type UnfinishedInput } from './input-ledger.js';
import { LEDGER_MIGRATIONS } from './ledger.statements.js';
import { LibsqlInputLedger } from './libsql-input-ledger.js';
import { toldBefore } from './told-before.js';

const RUNTIME = { agent_id: 'agent-1', conversation_id: 'conv-1' };
const DONE: TurnEnd = { stopReason: 'end_turn' };
const QUESTION = { tool_name: 'shell', tool_call_id: 'call-1', input: {} };
const NOTHING: ReadonlySet<string> = new Set();

let root: string;
let file: string;
let ledger: InputLedger;
let emitter: RecordingEmitter;
let agent: PuppetAgent;

beforeEach(async () => {
  Logger.overrideLogger(false);
  root = await realpath(await mkdtemp(path.join(os.tmpdir(), 'twinlane-recovery-')));
  file = path.join(root, 'ledger.db');
});
afterEach(async () => {
  ledger.close();
  await rm(root, { recursive: true, force: true });
});

/** A conversation in a process of its own: the one before it was killed. */
function start(): Conversation {
  ledger = LibsqlInputLedger.open(file, 1_000);
  emitter = new RecordingEmitter();
  agent = new PuppetAgent();
  return new Conversation(RUNTIME, {
    agent,
    emitter: emitter.service,
    ledger,
    links: READY_LINK,
    workspace: new Workspace(root),
    permissions: new Permissions(new PermissionsOptions()),
    clock: new ManualClock(),
    options: Object.assign(new ConversationsOptions(), { connectionName: 'test' }),
  });
}

function restart(told: ReadonlySet<string> = NOTHING): Conversation {
  const conversation = start();
  conversation.recover(ledger.unfinished(), told);
  return conversation;
}

const message = (content: string) => ({ role: 'user', content, client_message_id: content });
const turnOf = ({ turn }: UnfinishedInput) => turn;
const types = () =>
  emitter.recorded.map(({ type, ...frame }) =>
    type === 'stream_delta' ? `delta ${(frame['delta'] as Delta).message_type}` : type,
  );

/** A process that asked a person in a first turn, has a second input waiting, and is killed. */
async function killed(): Promise<{ readonly turnId: string; readonly runId: string; readonly requestId: string }> {
  const conversation = start();
  for (const text of ['one', 'two', 'three']) conversation.accept([message(text)]);
  const { turn } = await agent.nth(0);
  turn.askApproval(QUESTION).catch(() => {});
  const requestId = String((await emitter.untilType('control_request'))['request_id']);
  const [named] = ledger.unfinished().map(turnOf);
  if (!named) throw new Error('the turn is not in the ledger');
  return { ...named, requestId };
}

describe('after a restart', () => {
  it('C23 a turn that ran ends with an error, after its approvals and the state that belongs to it', async () => {
    const { turnId, runId, requestId } = await killed();
    const conversation = restart();
    const end = emitter.recorded.findIndex(({ type }) => type === 'turn_finished');
    expect(types().slice(0, end + 1)).toEqual([
      'control_request_resolved',
      'delta loop_error',
      'delta stop_reason',
      'update_device_status',
      'update_loop_status',
      'update_queue',
      'update_subagent_state',
      'turn_finished',
    ]);
    expect(emitter.recorded[0]).toMatchObject({ request_id: requestId, outcome: 'turn_ended', runtime: RUNTIME });
    expect(emitter.deltas()).toMatchObject([
      {
        run_id: runId,
        type: 'message',
        message: expect.stringContaining('Nothing had been started; send the input again.'),
      },
      { run_id: runId, type: 'message', stop_reason: 'error' },
    ]);
    expect(emitter.ofType('update_loop_status')[0]).toMatchObject({ loop_status: { status: 'WAITING_ON_INPUT' } });
    expect(emitter.ofType('update_device_status')[0]).toMatchObject({ device_status: { is_processing: false } });
    expect(emitter.recorded[end]).toMatchObject({
      turn_id: turnId,
      run_id: runId,
      stop_reason: 'error',
      error: expect.stringContaining('listener was restarted'),
    });
    expect(() => conversation.answer(requestId, { behavior: 'allow' })).toThrow('turn_ended');
  });

  it('C23 says that something may have been done where the agent did more than ask', async () => {
    const conversation = start();
    conversation.accept([message('one')]);
    const { turn } = await agent.nth(0);
    const allowed = turn.askApproval(QUESTION);
    const first = String((await emitter.untilType('control_request'))['request_id']);
    conversation.answer(first, { behavior: 'allow' });
    await allowed;
    turn.askApproval(QUESTION).catch(() => {});
    await emitter.until(() => emitter.ofType('control_request').length === 2);
    restart();
    expect(emitter.ofType('turn_finished')).toMatchObject([{ error: expect.stringContaining('See what it has done') }]);
  });

  it('C21 what waited starts in order, under the ids it had, and nothing runs twice', async () => {
    await killed();
    const ids = ledger.unfinished().map(({ input }) => input.item.id);
    const conversation = restart();
    expect(conversation.queue.items.map(({ id }) => id)).toEqual(ids.slice(2));
    expect(emitter.ofType('update_queue').at(-1)).toMatchObject({
      removed: [{ client_message_id: 'two', disposition: 'dequeued' }],
    });
    for (const text of ['one', 'two', 'three'])
      expect(conversation.accept([message(text)])).toEqual({
        accepted: true,
        disposition: text === 'one' ? 'started' : 'queued',
      });
    (await agent.nth(0)).end(DONE);
    (await agent.nth(1)).end(DONE);
    await emitter.until(() => emitter.ofType('turn_finished').length === 3);
    expect(agent.turns.map(({ turn }) => turn.messages[0]?.content)).toEqual(['two', 'three']);
    await conversation.untilSettled();
    expect(ledger.unfinished()).toEqual([]);
    restart();
    expect(emitter.recorded).toEqual([]);
  });

  it('C21 an input that was accepted and had not reached its agent is started', async () => {
    start().accept([message('one')]);
    restart();
    expect((await agent.nth(0)).turn.messages[0]?.content).toBe('one');
    expect(emitter.ofType('turn_finished')).toEqual([]);
  });

  it('C23 what the journal has of an end is not told once more', async () => {
    const { turnId, requestId } = await killed();
    const journal = new MemoryJournal();
    const ends = [
      { type: 'control_request_resolved', request_id: requestId },
      { type: 'stream_delta', turn_id: 'turn-other' },
      { type: 'turn_finished', turn_id: turnId },
    ];
    for (const [index, event] of ends.entries())
      journal.append(RUNTIME, { epoch: 'e1', seq: index + 1, type: event.type, frame: JSON.stringify(event) });
    expect(toldBefore(journal, RUNTIME)).toEqual(new Set([requestId, turnId]));
    restart(toldBefore(journal, RUNTIME));
    expect(types().filter((type) => !type.startsWith('update_'))).toEqual([]);
    expect(ledger.unfinished().map(({ input }) => input.messages[0]?.content)).toEqual(['two', 'three']);
  });

  it('C23 the ledger lets go of a turn only once the journal has its end', async () => {
    const conversation = start();
    let commit = (): void => {};
    emitter.committed = (_name: EventName) => new Promise((resolve) => (commit = resolve));
    conversation.accept([message('one')]);
    (await agent.nth(0)).end(DONE);
    await emitter.untilType('turn_finished');
    await settle();
    expect(ledger.unfinished()).toHaveLength(1);
    commit();
    await conversation.untilSettled();
    expect(ledger.unfinished()).toEqual([]);
  });

  it('C23 C32 an end that the journal was closed without is told by the next process', async () => {
    const conversation = start();
    emitter.committed = () => Promise.reject(new Error('closed'));
    conversation.accept([message('one')]);
    (await agent.nth(0)).end(DONE);
    await emitter.untilType('turn_finished');
    await conversation.untilSettled();
    expect(ledger.unfinished()).toHaveLength(1);
  });

  it('an approval that was answered is not ended once more', async () => {
    const { requestId } = await killed();
    ledger.resolved(requestId);
    restart();
    expect(emitter.ofType('control_request_resolved')).toEqual([]);
  });

  it('an input that was taken out of the queue stays out', async () => {
    const conversation = start();
    for (const text of ['one', 'two']) conversation.accept([message(text)]);
    (await agent.nth(0)).turn.progress('EXECUTING_COMMAND');
    conversation.removeQueued(conversation.queue.items[0]?.id ?? '');
    restart();
    await settle();
    expect(agent.turns).toEqual([]);
  });

  it('mode and working directory are as they were set', async () => {
    await mkdir(path.join(root, 'sub'));
    await start().configure({ mode: 'unrestricted' });
    await restart().configure({ cwd: 'sub' });
    const conversation = restart();
    expect([conversation.mode, conversation.cwd]).toEqual(['unrestricted', path.join(root, 'sub')]);
    ledger.configure(RUNTIME, { mode: 'a mode of another version' });
    expect(restart().mode).toBe('standard');
  });

  it('after an orderly stop what waited starts too', async () => {
    const conversation = start();
    for (const text of ['one', 'two']) conversation.accept([message(text)]);
    const { end } = await agent.nth(0);
    conversation.close();
    end(DONE);
    await conversation.untilIdle();
    await conversation.untilSettled();
    expect(emitter.ofType('update_queue').flatMap(({ removed }) => removed)).toEqual([]);
    restart();
    expect((await agent.nth(0)).turn.messages[0]?.content).toBe('two');
    expect(emitter.ofType('turn_finished')).toEqual([]);
  });
});

describe('a ledger that cannot write', () => {
  it('refuses inputs and says what to do; turns under way end as ever', async () => {
    const database = openDatabase(file, LEDGER_MIGRATIONS);
    ledger = new LibsqlInputLedger(database, 1_000);
    const rooms = await startDeviceRooms({
      permissions: { mode: 'unrestricted' },
      providers: [{ provide: INPUT_LEDGER, useValue: ledger }],
    });
    await rooms.input(RUNTIME, 'until [ -e go ]; do sleep 0.01; done; echo done');
    const bound = (pages: number) => database.exec(`PRAGMA max_page_count=${pages}`);
    bound(1);
    const refused = await rooms.input(RUNTIME, `echo ${'x'.repeat(100_000)}`);
    expect(refused).toMatchObject({ accepted: false, error_code: 'INPUT_NOT_KEPT' });
    await mkdir(path.join(rooms.root, 'go'));
    expect(await rooms.emitter.untilType('turn_finished')).toMatchObject({ stop_reason: 'end_turn' });
    expect(await rooms.ask({ type: 'sync', runtime: RUNTIME })).toMatchObject({ success: true });
    bound(1_000_000);
    expect(await rooms.input(RUNTIME, 'echo again')).toMatchObject({ accepted: true });
    await rooms.close();
  });

  it('is one per listener instance, in its folder', async () => {
    const dataDir = path.join(root, 'listeners', 'instance');
    const rooms = await startDeviceRooms({ permissions: { mode: 'unrestricted' }, conversations: { dataDir } });
    await rooms.input(RUNTIME, 'echo kept');
    await rooms.emitter.untilType('turn_finished');
    await rooms.close();
    ledger = LibsqlInputLedger.open(path.join(dataDir, 'ledger.db'), 1_000);
    expect(ledger.unfinished()).toEqual([]);
  });
});
