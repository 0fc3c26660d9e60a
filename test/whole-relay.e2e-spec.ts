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
