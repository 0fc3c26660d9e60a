import { afterEach, beforeEach, expect, it } from 'vitest';
import { AttachedToFake } from '../../test/kit/attached-to-fake.js';
import { FAKE_RUNTIME, type FakeClientRelay, loopStatus, messageIdsOf } from '../../test/kit/fake-client-relay.js';
import type { Frame } from '../protocol/index.js';
import { TurnOutcomeUnknownError } from './client.error.js';
import { isEvent, isGap } from './received-events.js';

let fake: AttachedToFake;
let relay: FakeClientRelay;

beforeEach(async () => {
  fake = await AttachedToFake.start();
  ({ relay } = fake);
});
afterEach(() => fake.stop());

it('runs a turn from input to its end', async () => {
  fake.runTurns('hello\n');
  const attachment = await fake.attach();
  const turn = await attachment.turn('ls');
  const seen: Frame[] = [];
  for await (const event of turn) seen.push(event);
  expect(seen.map(({ type }) => type)).toEqual([
    'update_loop_status',
    'stream_delta',
    'update_loop_status',
    'turn_finished',
  ]);
  expect(seen[0]).not.toHaveProperty('seq');
  expect(turn.outcome).toEqual({ stop_reason: 'end_turn', run_id: 'run-1' });
});

it('aborts only the run it means', async () => {
  relay.scripts['input'] = (command) => {
    relay.answer(command, { accepted: true, disposition: 'started' });
    relay.emit('update_loop_status', loopStatus('EXECUTING_CLIENT_SIDE_TOOL', 'run-7', messageIdsOf(command)[0]));
  };
  relay.scripts['abort_message'] = (command) => {
    relay.answer(command, { success: true, aborted: true });
    relay.emit('turn_finished', { turn_id: 't', stop_reason: 'cancelled', run_id: 'run-7' });
  };
  const attachment = await fake.attach();
  const turn = await attachment.turn('sleep 100');
  const aborted: boolean[] = [];
  for await (const event of turn) if (isEvent(event, 'update_loop_status')) aborted.push(await turn.abort());
  expect(aborted).toEqual([true]);
  expect(relay.commandsOf('abort_message')[0]).toMatchObject({ runtime: FAKE_RUNTIME, run_id: 'run-7' });
  expect(turn.outcome?.stop_reason).toBe('cancelled');
});

it('says so when the end of a turn was lost', async () => {
  relay.scripts['input'] = (command) => {
    relay.answer(command, { accepted: true, disposition: 'started' });
    relay.emit('update_loop_status', loopStatus('EXECUTING_CLIENT_SIDE_TOOL', 'run-1', messageIdsOf(command)[0]));
    relay.skip(1);
    relay.emit('update_loop_status', loopStatus('WAITING_ON_INPUT'));
  };
  const attachment = await fake.attach({ settleAfterGapMs: 20 });
  const turn = await attachment.turn('ls');
  const seen: Frame[] = [];
  const watching = (async () => {
    for await (const event of turn) seen.push(event);
  })();
  await expect(watching).rejects.toThrow(TurnOutcomeUnknownError);
  expect(seen.filter(isGap)).toHaveLength(1);
});
