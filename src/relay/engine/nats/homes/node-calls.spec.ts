import { beforeEach, expect, it } from 'vitest';
import { ManualClock, settle } from '../../../../../test/kit/manual-clock.js';
import { RelayError } from '../../../relay.error.js';
import type { NodeCall } from '../tunnels/newcomer.js';
import type { Tunnel } from '../tunnels/tunnel.js';
import { Tunnels } from '../tunnels/tunnels.js';
import { answerCalls, callThrough } from './node-calls.js';
import { NOT_HERE } from './way-home.js';

const COMMAND = { type: 'input', payload: {} };
const REQUEST: NodeCall = { method: 'request', command: COMMAND };
const RUNTIMES: NodeCall = { method: 'runtimes', limit: 1 };

/** Both ends of a tunnel; what is said comes at once. */
function open(): { readonly near: Tunnel; readonly far: Tunnel } {
  const none = { packetSent() {}, packetReceived() {} };
  const ends = new Map<string, Tunnels>();
  const publish = (to: string, bytes: Uint8Array): void => queueMicrotask(() => ends.get(to)?.take(bytes));
  for (const name of ['near', 'far'])
    ends.set(name, new Tunnels(name, { maxPacketBytes: 4_096, publish }, new ManualClock(), none));
  const near = ends.get('near')?.dial('far');
  const far = near && ends.get('far')?.accept(near.id);
  if (!near || !far) throw new Error('no tunnel');
  return { near, far };
}

let ends: ReturnType<typeof open>;
beforeEach(() => {
  ends = open();
});

it('brings what the home answers, and what it throws', async () => {
  const failures: unknown[] = [];
  const serve = async ({ method }: NodeCall): Promise<unknown> => {
    if (method === 'end') throw new RelayError('ENGINE_AWAY');
    if (method === 'runtimes') return NOT_HERE;
    throw new Error('a defect');
  };
  const call = (asked: NodeCall): Promise<unknown> => {
    const { near, far } = open();
    answerCalls(far, serve, (error) => void failures.push(error));
    return callThrough(near, asked);
  };
  answerCalls(
    ends.far,
    async (asked) => asked,
    () => {},
  );
  expect(await callThrough(ends.near, REQUEST)).toEqual(REQUEST);
  expect(await call(RUNTIMES)).toBe(NOT_HERE);
  await expect(call({ method: 'end', how: 'deleted' })).rejects.toMatchObject({ code: 'ENGINE_AWAY' });
  await expect(call(REQUEST)).rejects.toMatchObject({ code: 'INTERNAL' });
  expect(failures).toEqual([new Error('a defect')]);
});

it('C24 a command that was under way as its home went is not said to be safe to send again', async () => {
  answerCalls(
    ends.far,
    () => new Promise(() => {}),
    () => {},
  );
  const asked = callThrough(ends.near, REQUEST);
  await settle();
  ends.near.break();
  expect(await asked).toMatchObject({ type: 'input_accepted', error_code: 'OUTCOME_UNKNOWN' });
});

it('what may be asked for again is', async () => {
  const asked = callThrough(ends.near, RUNTIMES);
  ends.near.break();
  await expect(asked).rejects.toMatchObject({ code: 'NODE_AWAY' });
});
