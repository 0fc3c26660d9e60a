import { afterEach, describe, expect, it } from 'vitest';
import { type DeviceRooms, type DeviceRoomsSetup, READY_LINK, startDeviceRooms } from '../../test/kit/device-rooms.js';
import { AsyncBroadcast, type Runtime } from '../protocol/index.js';
import type { LinkMonitor, LinkState } from '../transport/index.js';

const runtime = (conversation_id: string): Runtime => ({ agent_id: 'agent-1', conversation_id });

let rooms: DeviceRooms;
const start = async (setup: DeviceRoomsSetup = {}) => {
  rooms = await startDeviceRooms({ ...setup, permissions: { mode: 'unrestricted', ...setup.permissions } });
};
afterEach(() => rooms.close());

const endOf = (scope: Runtime) =>
  rooms.emitter.until(
    (frame) => frame.type === 'turn_finished' && frame.runtime?.conversation_id === scope.conversation_id,
  );

describe('ConversationsService', () => {
  it('runs runtimes side by side', async () => {
    await start();
    const [one, two] = [runtime('one'), runtime('two')];
    await rooms.input(one, 'while [ ! -e go ]; do sleep 0.01; done; echo one');
    await rooms.input(two, 'echo two; touch go');
    await Promise.all([endOf(one), endOf(two)]);
    const outputs = [one, two].map((scope) =>
      rooms.emitter.deltas(scope).flatMap((delta) => (delta['status'] === 'running' ? [delta['tool_return']] : [])),
    );
    expect(outputs).toEqual([['one\n'], ['two\n']]);
  });

  it('shutting down lets turns finish within the grace', async () => {
    await start();
    await rooms.input(runtime('one'), 'echo ready; sleep 0.1; echo done');
    await rooms.emitter.until(() => rooms.emitter.output().includes('ready'));
    await rooms.conversations.shutdown(60_000);
    expect(await endOf(runtime('one'))).toMatchObject({ stop_reason: 'end_turn' });
    expect(rooms.emitter.output()).toBe('ready\ndone\n');
  });

  it('shutting down aborts turns that go on, ends each with turn_finished, and cancels what waits', async () => {
    await start({ shell: { killGraceMs: 50 } });
    await rooms.input(runtime('one'), 'echo ready; sleep 1000');
    await rooms.input(runtime('one'), 'echo never');
    await rooms.emitter.until(() => rooms.emitter.output().includes('ready'));
    await rooms.conversations.shutdown(200);
    expect(rooms.emitter.ofType('turn_finished')).toMatchObject([
      { stop_reason: 'cancelled', error: 'The listener was stopped; the turn was aborted.' },
    ]);
    expect(rooms.emitter.ofType('update_queue').at(-1)).toMatchObject({
      queue: [],
      removed: [{ disposition: 'cancelled' }],
    });
    expect(await rooms.input(runtime('one'), 'echo late')).toMatchObject({ accepted: false, error_code: 'DRAINING' });
    expect(await rooms.input(runtime('new'), 'echo late')).toMatchObject({ accepted: false, error_code: 'DRAINING' });
  });

  it('shutting down does not wait for a person', async () => {
    await start({ permissions: { mode: 'standard' } });
    await rooms.input(runtime('one'), 'echo hi');
    await rooms.emitter.untilType('control_request');
    await rooms.conversations.shutdown(60_000);
    expect(await endOf(runtime('one'))).toMatchObject({ stop_reason: 'cancelled' });
    expect(rooms.emitter.ofType('control_request_resolved')).toEqual([
      expect.objectContaining({ outcome: 'turn_ended' }),
    ]);
  });

  it('tells who watches when a registration brought a new connection id', async () => {
    const states = new AsyncBroadcast<LinkState>();
    const state = { current: READY_LINK.current };
    const links: LinkMonitor = {
      get current() {
        return state.current;
      },
      states: () => states.values(state.current),
    };
    await start({ links });
    await rooms.ask({ type: 'sync', runtime: runtime('one') });
    state.current = { ...state.current, connectionId: 'conn-2' };
    states.publish(state.current);
    await rooms.emitter.until(
      (frame) =>
        (frame['device_status'] as { current_connection_id?: string } | undefined)?.current_connection_id === 'conn-2',
    );
  });

  it('does not start with an agent that does not exist', async () => {
    await start();
    await expect(startDeviceRooms({ conversations: { agent: 'shel' } })).rejects.toThrow(
      'There is no agent "shel"; use one of: shell.',
    );
  });
});
