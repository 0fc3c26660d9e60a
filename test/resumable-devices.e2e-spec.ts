import { afterEach, describe, expect, it } from 'vitest';
import type { RelayModuleOptions } from '../src/relay/index.js';
import { RelayUnderTest, TOKEN } from './kit/relay-under-test.js';
import { ResumableDevice } from './kit/resumable-device.js';
import { ResumingClient } from './kit/resuming-client.js';

const runtime = { agent_id: 'agent-1', conversation_id: 'conv-1' };
const DELTA = { type: 'stream_delta', delta: { message_type: 'assistant_message' } };

const relays: RelayUnderTest[] = [];
const devices: ResumableDevice[] = [];
afterEach(async () => {
  for (const device of devices.splice(0)) device.cut();
  for (const relay of relays.splice(0)) await relay.close();
});

async function startRelay(options: RelayModuleOptions = {}): Promise<RelayUnderTest> {
  const relay = await RelayUnderTest.start(options, { wholeRelay: true });
  relays.push(relay);
  return relay;
}

function newDevice(): ResumableDevice {
  const device = new ResumableDevice(TOKEN);
  devices.push(device);
  return device;
}

const http = (relay: RelayUnderTest): string => `http://127.0.0.1:${relay.port}`;

function open(
  relay: RelayUnderTest,
  device: ResumableDevice,
  resumeFrom?: string,
  client = 'c-1',
): Promise<ResumingClient> {
  const url = relay.ws(`/v1/environments/${device.connectionId}`);
  return ResumingClient.open({
    token: TOKEN,
    url,
    runtime,
    client,
    ...(resumeFrom === undefined ? {} : { resumeFrom }),
  });
}

/** `epoch:from` to `epoch:to`. */
function names(epoch: string, from: number, to: number): string[] {
  return Array.from({ length: to - from + 1 }, (_, i) => `${epoch}:${from + i}`);
}

function emit(device: ResumableDevice, count: number): void {
  for (let i = 0; i < count; i++) device.emit(runtime, DELTA);
}

describe('a relay that has lost its history', () => {
  it('has it refilled by the device, and a client that resumes sees every event once', async () => {
    const device = newDevice();
    const first = await startRelay();
    await device.connectTo(http(first));
    const before = await open(first, device);
    await before.verdict();
    emit(device, 30);
    await before.has('epoch-1:30');
    await device.isSafe(runtime);
    device.cut();
    emit(device, 20);
    device.restart();
    emit(device, 5);

    const second = await startRelay();
    await device.register(http(second));
    const after = await open(second, device, 'epoch-1:30');
    const late = await open(second, device, undefined, 'c-2');
    expect(await late.verdict()).toMatchObject({ recovered: true, epoch: null, head: 0 });
    expect(after.socket.frames).toEqual([]);
    await device.reconnect();
    expect(await after.verdict()).toMatchObject({ recovered: true, from: 30, epoch: 'epoch-2', head: 55 });
    emit(device, 1);
    await after.has('epoch-2:56');
    expect(after.names).toEqual([...names('epoch-1', 31, 50), ...names('epoch-2', 51, 56)]);
    await late.has('epoch-2:56');
    expect(late.names).toEqual(['epoch-2:56']);
    expect(device.rewinds).toMatchObject([{ event_epoch: 'epoch-1', event_seq: 0 }]);
    await device.isSafe(runtime);
  });
});
