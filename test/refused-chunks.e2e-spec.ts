import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Frame } from '../src/protocol/index.js';
import { RelayUnderTest, TOKEN } from './kit/relay-under-test.js';
import { ResumableDevice } from './kit/resumable-device.js';
import { ResumingClient } from './kit/resuming-client.js';

const MAX_FRAME_BYTES = 4_096;
const MAX_ANSWER_BYTES = 2_000;
const runtime = { agent_id: 'agent-1', conversation_id: 'conv-1' };
const DELTA = { type: 'stream_delta', delta: { message_type: 'assistant_message' } };

let relay: RelayUnderTest;
let device: ResumableDevice;
let client: ResumingClient;
beforeEach(async () => {
  relay = await RelayUnderTest.start(
    { maxFrameBytes: MAX_FRAME_BYTES, maxAnswerBytes: MAX_ANSWER_BYTES },
    { wholeRelay: true },
  );
  device = new ResumableDevice(TOKEN);
  await device.connectTo(`http://127.0.0.1:${relay.port}`);
  client = await ResumingClient.open({
    token: TOKEN,
    url: relay.ws(`/v1/environments/${device.connectionId}`),
    runtime,
  });
});
afterEach(async () => {
  device.cut();
  await relay.close();
});

const chunk = (id: string, index: number, data: string, last = false): Frame => ({
  type: 'chunk',
  id,
  index,
  last,
  data,
});
const send = (frame: Frame): void => device.send('stream', frame);
const event = (seq: number, content = 'x'): string =>
  JSON.stringify({
    ...DELTA,
    content,
    runtime,
    event_epoch: 'epoch-1',
    event_seq: seq,
    emitted_at: '',
    idempotency_key: `k:${seq}`,
  });

it('an event in chunks is one event, whatever comes in between', async () => {
  const text = event(1, 'é'.repeat(500));
  send(chunk('a', 0, text.slice(0, 300)));
  send(chunk('b', 0, event(2)));
  send(chunk('a', 1, text.slice(300), true));
  send(chunk('b', 1, '', true));
  await client.has('epoch-1:2');
  expect(client.names).toEqual(['epoch-1:1', 'epoch-1:2']);
});

it.each([
  ['out of order', [chunk('a', 0, 'x'), chunk('a', 2, 'x')], 1007],
  ['of a ninth id', Array.from({ length: 9 }, (_, i) => chunk(`id-${i}`, 0, 'x')), 1007],
  ['that never end', Array.from({ length: 20 }, (_, i) => chunk('a', i, 'x'.repeat(1_000))), 1009],
])('C29 chunks %s close the link with the reason', async (_, chunks, code) => {
  const { closed } = device.socket('stream');
  for (const frame of chunks) send(frame);
  expect((await closed).code).toBe(code);
  await device.reconnect();
  device.emit(runtime, DELTA);
  await client.has('epoch-1:1');
});

it('C29 chunks that hold what they must not are left out, and the link goes on', async () => {
  for (const type of ['chunk', 'ack', 'pong']) send(chunk(type, 0, JSON.stringify({ type, seq: 1 }), true));
  send(chunk('a', 0, 'no json', true));
  send({ type: 'chunk', id: 7 });
  device.emit(runtime, DELTA);
  await client.has('epoch-1:1');
});

it('C29 an event that is too large only when it is joined becomes a hole that is told', async () => {
  const text = event(1, 'x'.repeat(5_000));
  send(chunk('a', 0, text.slice(0, 3_000)));
  send(chunk('a', 1, text.slice(3_000), true));
  send(chunk('b', 0, event(2), true));
  await client.has('epoch-1:2');
  expect(client.names).toEqual(['gap epoch-1:1-1', 'epoch-1:2']);
});

it('an answer of more than the relay takes becomes an error', async () => {
  device.answer = ({ type, request_id: id }) => {
    const pieces = type === 'read_file' ? [0, 1, 2] : [];
    for (const index of pieces) send({ ...chunk('a', index, 'x'.repeat(1_000)), request_id: id });
    return undefined;
  };
  client.socket.send({ type: 'read_file', request_id: 'r', path: 'a' });
  const answer = await client.socket.seen('read_file_response');
  expect(answer).toMatchObject({ request_id: 'r', success: false, error_code: 'ANSWER_TOO_LARGE' });
});
