import { setImmediate as nextTick } from 'node:timers/promises';
import os from 'node:os';
import { Logger } from '@nestjs/common';
import * as fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { READY_LINK } from '../../test/kit/device-rooms.js';
import { ManualClock, settle } from '../../test/kit/manual-clock.js';
import { PuppetAgent, type PuppetTurn } from '../../test/kit/puppet-agent.js';
import { RecordingEmitter } from '../../test/kit/recording-emitter.js';
import { TurnEndedError } from '../agents/index.js';
import { Permissions, PermissionsOptions } from '../permissions/index.js';
import { Workspace } from '../workspace/index.js';
import { Conversation } from './conversation.js';
import { ConversationsOptions } from './conversations.options.js';
import { MemoryInputLedger } from './memory-input-ledger.js';

const RUNTIME = { agent_id: 'agent-1', conversation_id: 'conv-1' };

/** What must be true of a conversation, in the simplest terms. */
interface Model {
  /** Messages accepted, in order. */
  accepted: string[];
  /** How many of them have ended. */
  ended: number;
  pending: number;
  cancelling: boolean;
}

interface Real {
  readonly conversation: Conversation;
  readonly agent: PuppetAgent;
  readonly emitter: RecordingEmitter;
  readonly clock: ManualClock;
}

type Command = fc.AsyncCommand<Model, Real>;

const busy = ({ accepted, ended }: Model): boolean => ended < accepted.length;
const current = ({ agent }: Real): PuppetTurn => {
  const turn = agent.turns.at(-1);
  if (!turn) throw new Error('No turn was started.');
  return turn;
};

/** Lets the turn that is due reach its agent, then compares. */
async function check(model: Model, { conversation, emitter, agent }: Real): Promise<void> {
  await settle();
  await nextTick();
  await settle();
  const waiting = model.accepted.length - model.ended - (busy(model) ? 1 : 0);
  expect(conversation.queue.length).toBe(waiting);
  const state = !busy(model)
    ? 'idle'
    : model.cancelling
      ? 'cancelling'
      : model.pending > 0
        ? 'waiting-for-approval'
        : 'active';
  expect(conversation.state.name).toBe(state);
  expect(emitter.ofType('turn_finished').length).toBe(model.ended);
  expect(agent.turns.map(({ turn }) => turn.messages[0]?.content)).toEqual(
    model.accepted.slice(0, model.ended + (busy(model) ? 1 : 0)),
  );
}

function command(
  name: string,
  allowed: (model: Model) => boolean,
  act: (model: Model, real: Real) => void | Promise<void>,
): Command {
  return {
    toString: () => name,
    check: allowed,
    async run(model, real) {
      await act(model, real);
      await check(model, real);
    },
  };
}

function ended(model: Model): void {
  model.ended++;
  model.pending = 0;
  model.cancelling = false;
}

const accept = fc.nat({ max: 20 }).map((n) =>
  command(
    `accept m${n}`,
    () => true,
    (model, { conversation }) => {
      const id = `m${n}`;
      conversation.accept([{ role: 'user', content: id, client_message_id: id }]);
      if (!model.accepted.includes(id)) model.accepted.push(id);
    },
  ),
);

const end = fc.constantFrom('end', 'fail').map((how) =>
  command(how, busy, (model, real) => {
    if (how === 'end') current(real).end({ stopReason: 'end_turn' });
    else current(real).fail(new TurnEndedError());
    ended(model);
  }),
);

const ask = fc.constant(
  command(
    'ask',
    (model) => busy(model) && !model.cancelling,
    (model, real) => {
      const asked = current(real).turn.askApproval({ tool_name: 'shell', tool_call_id: 'call', input: {} });
      asked.catch((error: unknown) => expect(error).toBeInstanceOf(TurnEndedError));
      model.pending++;
    },
  ),
);

const answer = fc.constant(
  command(
    'answer',
    (model) => model.pending > 0 && !model.cancelling,
    (model, { conversation, emitter }) => {
      const resolved = new Set(emitter.ofType('control_request_resolved').map((frame) => frame['request_id']));
      const open = emitter.ofType('control_request').find((frame) => !resolved.has(frame['request_id']));
      conversation.answer(String(open?.['request_id']), { behavior: 'allow' });
      model.pending--;
    },
  ),
);

const abort = fc.constant(
  command(
    'abort',
    () => true,
    (model, { conversation }) => {
      expect(conversation.abort()).toBe(busy(model));
      if (!busy(model)) return;
      model.cancelling = true;
      model.pending = 0;
    },
  ),
);

const abortAnother = fc.constant(
  command(
    'abort another run',
    () => true,
    (_model, { conversation, agent }) => {
      const before = agent.turns.at(-2)?.turn.runId ?? 'run-of-nobody';
      expect(conversation.abort(before)).toBe(false);
    },
  ),
);

const timePasses = fc.constant(
  command(
    'the grace runs out',
    () => true,
    async (model, { clock }) => {
      await clock.advance(10_000);
      if (model.cancelling) ended(model);
    },
  ),
);

const lateAgent = fc.constant(
  command(
    'an ended turn goes on',
    (model) => model.ended > 0,
    (model, { agent, emitter }) => {
      const before = emitter.recorded.length;
      const late = agent.turns[model.ended - 1];
      late?.turn.emit({ message_type: 'assistant_message', content: 'late' });
      late?.turn.progress('EXECUTING_COMMAND');
      late?.end({ stopReason: 'end_turn' });
      expect(emitter.recorded.length).toBe(before);
    },
  ),
);

describe('Conversation as a model', () => {
  beforeAll(() => Logger.overrideLogger(false));

  it('C22 each input has one turn, in order; each turn one stop_reason and one end, and no effect after it', async () => {
    const commands = fc.commands([accept, end, ask, answer, abort, abortAnother, timePasses, lateAgent], {
      maxCommands: 40,
    });
    await fc.assert(
      fc.asyncProperty(commands, async (sequence) => {
        const real = start();
        await fc.asyncModelRun(
          () => ({ model: { accepted: [], ended: 0, pending: 0, cancelling: false }, real }),
          sequence,
        );
        expect(mistakes(real.emitter)).toEqual([]);
      }),
      { seed: 1, numRuns: 150 },
    );
  });
});

function start(): Real {
  const [emitter, agent, clock] = [new RecordingEmitter(), new PuppetAgent(), new ManualClock()];
  const conversation = new Conversation(RUNTIME, {
    agent,
    emitter: emitter.service,
    links: READY_LINK,
    workspace: new Workspace(os.tmpdir()),
    permissions: new Permissions(new PermissionsOptions()),
    clock,
    ledger: new MemoryInputLedger(1_000),
    options: Object.assign(new ConversationsOptions(), { connectionName: 'test', maxQueuedInputs: 1_000 }),
  });
  return { conversation, agent, emitter, clock };
}

/**
 * What is wrong in all that was emitted: something of a run after its end, not one stop_reason before it, or an approval
 * that was resolved twice.
 */
function mistakes(emitter: RecordingEmitter): unknown[] {
  const over = new Set<unknown>();
  const stopped = new Set<unknown>();
  const resolved = new Set<unknown>();
  return emitter.recorded.filter((frame) => {
    if (frame.type === 'stream_delta') {
      const { run_id, message_type } = frame['delta'] as { run_id: string; message_type: string };
      const isLate = over.has(run_id) || stopped.has(run_id);
      if (message_type === 'stop_reason') stopped.add(run_id);
      return isLate;
    }
    if (frame.type === 'turn_finished') {
      const isWrong = !stopped.has(frame['run_id']) || over.has(frame['run_id']);
      over.add(frame['run_id']);
      return isWrong;
    }
    if (frame.type !== 'control_request_resolved') return false;
    const isRepeated = resolved.has(frame['request_id']);
    resolved.add(frame['request_id']);
    return isRepeated;
  });
}
