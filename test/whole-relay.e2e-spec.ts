import { afterEach, beforeEach, expect, it } from 'vitest';
import { RelayUnderTest, TOKEN } from './kit/relay-under-test.js';
import { RawSocket } from './kit/raw-socket.js';

const runtime = { agent_id: 'a', conversation_id: 'c' };
let relay: RelayUnderTest;
let device: { control: RawSocket; stream: RawSocket };
let clientUrl: (query: string) => string;

beforeEach(async () => {
  relay = await RelayUnderTest.start({}, { wholeRelay: true });
  const { connectionId, wsUrl } = await relay.register({ metadata: { eventSeqScope: 'runtime' } });
  const open = (channel: string) => RawSocket.open(`${wsUrl}&channel=${channel}`, { token: TOKEN });
  device = { control: await open('control'), stream: await open('stream') };
  clientUrl = (query) => relay.ws(`/v1/environments/${connectionId}/status/ws?agentId=a&conversationId=c${query}`);
});
afterEach(() => relay.close());

const attach = (channel: string, client: string) =>
  RawSocket.open(clientUrl(`&channel=${channel}&client=${client}`), { token: TOKEN });

it('brings an event of the device to the stream socket of a client', async () => {
  const stream = await attach('stream', 'c1');
  await stream.seen('resume_status');
  device.stream.send({
    type: 'stream_delta',
    delta: { message_type: 'assistant_message' },
    runtime,
    event_epoch: 'e',
    event_seq: 1,
  });
  expect(await stream.seen('stream_delta')).toMatchObject({
    runtime,
    event_epoch: 'e',
    event_seq: 1,
    seq: expect.any(Number),
  });
});

it('C27 C28 brings each client its own answer, whatever ids they chose', async () => {
  const clients = [await attach('control', 'c1'), await attach('control', 'c2')];
  for (const [index, client] of clients.entries())
    client.send({ type: 'read_file', request_id: 'same', path: `/${index}` });
  for (const path of ['/0', '/1']) {
    const command = await device.control.seenWhere((frame) => frame['path'] === path);
    expect(command['request_id']).not.toBe('same');
    device.control.send({
      type: 'read_file_response',
      request_id: command['request_id'],
      content: path,
      success: true,
    });
  }
  for (const [index, client] of clients.entries()) {
    await client.seen('read_file_response');
    client.send({ type: 'ping' });
    await client.seen('pong');
    expect(client.frames.filter(({ type }) => type === 'read_file_response')).toMatchObject([
      { request_id: 'same', content: `/${index}` },
    ]);
  }
});

it('takes messages over REST, and shows the mode of the device', async () => {
  device.stream.send({
    type: 'update_device_status',
    device_status: { current_permission_mode: 'unrestricted' },
    runtime,
    event_epoch: 'e',
    event_seq: 1,
  });
  const posting = relay.rest('/v1/environments/device-1/messages', {
    body: { messages: [{ role: 'user', content: 'hi' }] },
  });
  const input = await device.control.seen('input');
  device.control.send({ type: 'input_accepted', request_id: input['request_id'], accepted: true });
  expect(await posting).toMatchObject({ status: 200, body: { success: true } });
  expect((await relay.rest('/v1/environments/device-1')).body).toMatchObject({ currentMode: 'unrestricted' });
});

it('mirrors events and answers on both sockets where that is configured, and the rest once', async () => {
  const mirror = await RelayUnderTest.start({ clientChannels: 'mirror' }, { wholeRelay: true });
  const { connectionId, wsUrl } = await mirror.register({ metadata: { eventSeqScope: 'runtime' } });
  const [control, stream] = [
    await RawSocket.open(`${wsUrl}&channel=control`, { token: TOKEN }),
    await RawSocket.open(`${wsUrl}&channel=stream`, { token: TOKEN }),
  ];
  const url = mirror.ws(`/v1/environments/${connectionId}/status/ws?agentId=a&conversationId=c`);
  const client = {
    control: await RawSocket.open(`${url}&channel=control`, { token: TOKEN }),
    stream: await RawSocket.open(`${url}&channel=stream`, { token: TOKEN }),
  };
  client.control.send({ type: 'read_file', request_id: 'r1', path: 'x' });
  const { request_id } = await control.seen('read_file');
  control.send({ type: 'read_file_response', request_id, success: true });
  const event = { runtime, event_epoch: 'e', event_seq: 1, idempotency_key: 'k1' };
  stream.send({ type: 'stream_delta', delta: { message_type: 'assistant_message' }, ...event });
  for (const socket of [client.control, client.stream]) {
    expect(await socket.seen('read_file_response')).toMatchObject({ request_id: 'r1' });
    expect(await socket.seen('stream_delta')).toMatchObject({ idempotency_key: 'k1' });
  }
  control.send({ type: 'something_new', runtime });
  expect(await client.control.seen('something_new')).toMatchObject({ runtime });
  client.stream.send({ type: 'ping' });
  await client.stream.seen('pong');
  expect(client.stream.frames.map(({ type }) => type)).not.toContain('something_new');
  await mirror.close();
});
