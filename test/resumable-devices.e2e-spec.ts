import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import v8 from 'node:v8';
import vm from 'node:vm';
import { afterEach, describe, expect, it } from 'vitest';
import type { Frame } from '../src/protocol/index.js';
import type { RelayModuleOptions } from '../src/relay/index.js';
import { RawSocket } from './kit/raw-socket.js';
import { RelayUnderTest, TOKEN } from './kit/relay-under-test.js';
import { ResumableDevice } from './kit/resumable-device.js';
import { ResumingClient } from './kit/resuming-client.js';

const runtime = { agent_id: 'agent-1', conversation_id: 'conv-1' };
const DELTA = { type: 'stream_delta', delta: { message_type: 'assistant_message' } };

const relays: RelayUnderTest[] = [];
const folders: string[] = [];
const devices: ResumableDevice[] = [];
afterEach(async () => {
  for (const device of devices.splice(0)) device.cut();
  for (const relay of relays.splice(0)) await relay.close();
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
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

    const metrics = await (await fetch(`${http(second)}/metrics`)).text();
    expect(metrics).toContain('twinlane_relay_rewinds_total 1\n');
    expect(metrics).toContain('twinlane_relay_refilled_events_total 55\n');
    expect(metrics).toContain('twinlane_relay_resumes_total{recovered="true"} 1\n');
  });
});

describe('a client that resumes', () => {
  it('C33 is told that something is missing where neither relay nor device keeps it, and goes on after a sync', async () => {
    const device = newDevice();
    const relay = await startRelay({ history: { maxEventsPerRuntime: 5 } });
    await device.connectTo(http(relay));
    device.emit(runtime, { type: 'update_loop_status', loop_status: { status: 'WAITING_ON_INPUT' } });
    emit(device, 29);
    await device.isSafe(runtime);
    const behind = await open(relay, device, 'epoch-1:10');
    expect(await behind.verdict()).toMatchObject({ recovered: false, from: 10, epoch: 'epoch-1', head: 30 });
    behind.socket.send({ type: 'sync', request_id: 's', runtime });
    expect(await behind.socket.seen('sync_response')).toMatchObject({ request_id: 's', success: true });
    expect(behind.socket.frames.filter(({ type }) => type === 'update_loop_status')).toHaveLength(2);
    const recent = await open(relay, device, 'epoch-1:27', 'c-2');
    expect(await recent.verdict()).toMatchObject({ recovered: true });
    emit(device, 2);
    await Promise.all([behind.has('epoch-1:32'), recent.has('epoch-1:32')]);
    expect(behind.names).toEqual(names('epoch-1', 31, 32));
    expect(recent.names).toEqual(names('epoch-1', 28, 32));
  });

  it('is told what the device itself no longer keeps', async () => {
    const device = newDevice();
    const relay = await startRelay();
    await device.connectTo(http(relay));
    emit(device, 10);
    await device.isSafe(runtime);
    device.cut();
    emit(device, 10);
    device.drop(runtime, 15);
    const client = await open(relay, device, 'epoch-1:9');
    await client.has('epoch-1:10');
    await device.reconnect();
    await client.has('epoch-1:20');
    expect(client.names).toEqual(['epoch-1:10', 'gap epoch-1:11-15', ...names('epoch-1', 16, 20)]);
    await device.isSafe(runtime);
  });
});

describe('the sockets of a resumable link', () => {
  it('are closed on a frame that is not the next one, and on an acknowledgement of what was never sent', async () => {
    const device = newDevice();
    await device.connectTo(http(await startRelay()));
    const broken = [
      ['stream', { seq: 7, type: 'notice' }],
      ['stream', { type: 'notice' }],
      ['control', { type: 'ack', seq: 1, safe: 1 }],
    ] as const;
    for (const [channel, frame] of broken) {
      const socket = device.socket(channel);
      socket.send(frame);
      expect(await socket.closed).toMatchObject({ code: 1007 });
      await device.reconnect();
    }
  });

  it('C29 go on after an event that is refused, which is acknowledged and becomes a hole', async () => {
    const device = newDevice();
    const relay = await startRelay({ maxFrameBytes: 4_096 });
    await device.connectTo(http(relay));
    const client = await open(relay, device);
    await client.verdict();
    device.emit(runtime, DELTA);
    device.emit(runtime, { ...DELTA, padding: 'x'.repeat(5_000) });
    device.emit(runtime, DELTA);
    await client.has('epoch-1:3');
    expect(client.names).toEqual(['epoch-1:1', 'gap epoch-1:2-2', 'epoch-1:3']);
    await device.isSafe(runtime);
  });

  it('carry commands again that were not answered, each of which runs once', async () => {
    const device = newDevice();
    const relay = await startRelay();
    await device.connectTo(http(relay));
    const client = await open(relay, device);
    await client.verdict();
    client.socket.send({ type: 'read_file', request_id: 'q', path: 'a' });
    await device.hasCommands(1);
    device.answer = ({ path }) => ({ type: 'read_file_response', path, success: true });
    await device.reconnect();
    expect(await client.socket.seen('read_file_response')).toMatchObject({ request_id: 'q', path: 'a' });
    expect([device.commands, device.repeated].map(({ length }) => length)).toEqual([1, 1]);
  });
});

describe('C26 a relay that stops', () => {
  const input = {
    type: 'input',
    request_id: 'input',
    runtime,
    payload: { kind: 'create_message', messages: [{ role: 'user', content: 'x', client_message_id: 'm' }] },
  };

  it('says that the outcome of a command is unknown, and leaves what its client sends again', async () => {
    const device = newDevice();
    const relay = await startRelay();
    await device.connectTo(http(relay));
    const client = await open(relay, device);
    await client.verdict();
    client.socket.send({ type: 'write_file', request_id: 'sent', path: 'a', content: '' });
    client.socket.send(input);
    await device.hasCommands(2);
    await relay.close();
    expect((await client.socket.closed).code).toBe(1012);
    expect(client.socket.frames.slice(1)).toMatchObject([
      { type: 'write_file_response', request_id: 'sent', error_code: 'OUTCOME_UNKNOWN' },
    ]);
  });
});

describe('C17 a client that does not read', () => {
  const EVENT_CHARACTERS = 100_000;
  /** Beyond these, nothing grows any more that has a bound. */
  const WARM_UP = 100;
  const PASSED = 1_000;
  const BATCH = 50;
  const MIB = 1024 * 1024;
  const PADDED: Frame = { ...DELTA, padding: 'x'.repeat(EVENT_CHARACTERS) };

  v8.setFlagsFromString('--expose-gc');
  const collect = vm.runInNewContext('gc') as () => void;
  const memory = async (): Promise<number> => {
    // Buffers are let go of a turn after what held them.
    for (let i = 0; i < 3; i++) {
      collect();
      await new Promise(setImmediate);
    }
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  };

  it.each([
    ['in memory it is told what it has missed', 8 * MIB],
    ['on disk it misses nothing', 200 * MIB],
  ])('costs the relay no memory while 100 MB pass it, and holds nobody up: %s', async (where, maxBytesPerRuntime) => {
    const isOnDisk = where.startsWith('on disk');
    const device = newDevice();
    const dataDir = await mkdtemp(path.join(tmpdir(), 'twinlane-'));
    folders.push(dataDir);
    const relay = await startRelay({ ...(isOnDisk ? { dataDir } : {}), history: { maxBytesPerRuntime } });
    await device.connectTo(http(relay));
    const slow = await open(relay, device, undefined, 'slow');
    await slow.verdict();
    slow.socket.ws.pause();
    const scope = 'agentId=agent-1&conversationId=conv-1';
    const fast = await RawSocket.open(
      relay.ws(`/v1/environments/${device.connectionId}/status/ws?${scope}&client=fast`),
      { token: TOKEN },
    );
    await fast.seen('resume_status');
    let seen = 0;
    let caughtUp = (): void => {};
    // It keeps nothing of what it reads: the memory that is measured is the relay's.
    fast.ws.removeAllListeners('message');
    fast.ws.on('message', (data: Buffer) => {
      if (data.length < EVENT_CHARACTERS) return;
      fast.send({ type: 'ack', seq: 1 + ++seen });
      if (seen % BATCH === 0) caughtUp();
    });
    const pass = async (events: number): Promise<void> => {
      for (let i = 0; i < events; i += BATCH) {
        const read = new Promise<void>((resolve) => (caughtUp = resolve));
        for (let j = 0; j < BATCH; j++) device.emit(runtime, PADDED);
        await Promise.all([read, device.isSafe(runtime)]);
      }
    };
    await pass(WARM_UP);
    const before = await memory();
    await pass(PASSED);
    const growth = (await memory()) - before;
    expect(growth).toBeLessThan(MIB);

    device.emit(runtime, DELTA);
    const last = WARM_UP + PASSED + 1;
    slow.socket.ws.resume();
    await slow.has(`epoch-1:${last}`);
    expect(slow.names.some((name) => name.startsWith('gap'))).toBe(!isOnDisk);
    expect(slow.names.flatMap(numbersOf)).toEqual(Array.from({ length: last }, (_, i) => i + 1));
    expect(fast.ws.readyState).toBe(fast.ws.OPEN);
    expect(seen).toBe(WARM_UP + PASSED);
  });
});

/** What an event's name, or a gap's, stands for. */
function numbersOf(name: string): number[] {
  const [from = 0, to = from] = name
    .slice(name.indexOf(':') + 1)
    .split('-')
    .map(Number);
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}
