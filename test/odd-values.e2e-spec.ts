import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type DeviceApp, startDevice } from './kit/device-app.js';
import { FakeServer } from './kit/fake-server.js';
import { RawSocket } from './kit/raw-socket.js';
import { RelayUnderTest, TOKEN } from './kit/relay-under-test.js';
import { ResumableDevice } from './kit/resumable-device.js';

/** What JSON can hold where a number or a text belongs: to make a text of it calls what it calls `toString`, which is no function. */
const ODD = { toString: 1, valueOf: 1 };
const RUNTIME = { agent_id: 'a', conversation_id: 'c' };

let folder: string;
let relay: RelayUnderTest;
beforeEach(async () => {
  folder = await realpath(await mkdtemp(path.join(tmpdir(), 'twinlane-')));
  relay = await start();
});
afterEach(async () => {
  await relay.close();
  await rm(folder, { recursive: true, force: true });
});

const start = (): Promise<RelayUnderTest> =>
  RelayUnderTest.start({ dataDir: folder, maxFrameBytes: 4_096 }, { wholeRelay: true });

async function connect(): Promise<{ control: RawSocket; stream: RawSocket; clientUrl: string }> {
  const { wsUrl, connectionId } = await relay.register({ metadata: { eventSeqScope: 'runtime' } });
  const open = (channel: string) => RawSocket.open(`${wsUrl}&channel=${channel}`, { token: TOKEN });
  const clientUrl = relay.ws(`/v1/environments/${connectionId}/status/ws?agentId=a&conversationId=c&client=c1`);
  return { control: await open('control'), stream: await open('stream'), clientUrl };
}

it('C29 an acknowledgement of no number closes with the reason, not as a failure of the relay', async () => {
  const device = new ResumableDevice(TOKEN);
  await device.connectTo(`http://127.0.0.1:${relay.port}`);
  const stream = device.socket('stream');
  stream.send({ type: 'ack', seq: ODD, safe: [ODD] });
  expect(await stream.closed).toMatchObject({ code: 1007, reason: expect.stringContaining('Acknowledged no number') });
  device.cut();
});

it('C29 an event of no time does not keep the relay from starting again', async () => {
  const { stream, clientUrl } = await connect();
  const client = await RawSocket.open(clientUrl, { token: TOKEN });
  for (const [event_seq, type] of [
    [1, 'update_device_status'],
    [2, 'update_loop_status'],
  ])
    stream.send({ type, runtime: RUNTIME, event_epoch: 'e', event_seq, emitted_at: ODD });
  await client.seenWhere((frame) => frame['event_seq'] === 2);
  await relay.close();
  relay = await start();
  const again = await connect();
  const back = await RawSocket.open(`${again.clientUrl}&resumeFrom=0`, { token: TOKEN });
  expect(await back.seenWhere((frame) => frame['event_seq'] === 2)).toMatchObject({ emitted_at: ODD });
});

it('C29 a listener_ready of no attempt is not taken for ours, and the listener lives', async () => {
  const capabilities = { supportsSplitStatusChannels: true, supportsPairedListenerGenerations: true };
  const server = await FakeServer.start({ capabilities });
  server.onOpen = (socket, url) => {
    const connection_generation = url.searchParams.get('connectionGeneration');
    for (let times = 0; times < 20; times++)
      socket.send(JSON.stringify({ type: 'listener_ready', connection_generation, connection_attempt: ODD }));
  };
  const device: DeviceApp = await startDevice(server.url);
  await device.reaches('ready');
  await device.close();
  await server.stop();
});

it('C29 what WebSockets themselves refuse is counted by the code that its sender is told', async () => {
  const { clientUrl } = await connect();
  const client = await RawSocket.open(clientUrl, { token: TOKEN });
  client.send('x'.repeat(10_000));
  expect((await client.closed).code).toBe(1009);
  let metrics = '';
  while (!metrics.includes('sockets_closed_total{peer="client"'))
    metrics = await (await fetch(`http://127.0.0.1:${relay.port}/metrics`)).text();
  expect(metrics).toContain('twinlane_relay_sockets_closed_total{peer="client",channel="both",code="TOO_LARGE"} 1');
});
