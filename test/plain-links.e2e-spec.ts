import { afterEach, describe, expect, it } from 'vitest';
import { type DeviceApp, RUNTIME, startDevice } from './kit/device-app.js';
import { TOKEN_SOURCE } from '../src/registration/index.js';
import { FakeServer, type FakeServerOptions } from './kit/fake-server.js';
import { DialError, dialWithWs } from '../src/transport/index.js';

const SPLIT = { supportsSplitStatusChannels: true };
const PAIRED = { ...SPLIT, supportsPairedListenerGenerations: true };

let server: FakeServer;
let device: DeviceApp;
afterEach(async () => {
  await device.close();
  await server.stop();
});

async function start(options: FakeServerOptions, deviceOptions: Parameters<typeof startDevice>[1] = {}): Promise<void> {
  server = await FakeServer.start(options);
  device = await startDevice(server.url, deviceOptions);
  await device.reaches('ready');
}

const delta = (text: string) => ({ delta: { message_type: 'assistant_message', content: text } });
const loop = (status: 'WAITING_ON_INPUT' | 'EXECUTING_COMMAND') => ({
  loop_status: { status, active_run_ids: [], executing_tool_call_ids: [] },
});
const turnEnd = { turn_id: 't1', stop_reason: 'end_turn' };
const labels = () =>
  server.received
    .filter(({ frame }) => frame['event_seq'] !== undefined)
    .map(({ channel, frame }) => `${channel} ${String(frame['event_seq'])} ${String(frame['type'])}`);

describe('plain links', () => {
  it('split: opens both sockets together, without a generation, and names itself', async () => {
    await start({ capabilities: SPLIT });
    expect(new Set(server.upgrades.map((url) => url.searchParams.get('channel')))).toEqual(
      new Set(['control', 'stream']),
    );
    expect(server.upgrades).toHaveLength(2);
    for (const url of server.upgrades) {
      expect(Object.fromEntries(url.searchParams)).toMatchObject({
        lease: 'l1',
        deviceId: 'device-1',
        connectionName: 'laptop',
      });
      expect(url.searchParams.has('connectionGeneration')).toBe(false);
    }
    expect(device.monitor.current).toMatchObject({
      phase: 'ready',
      connectionId: 'conn-1',
      link: { kind: 'split', resumable: false },
    });
  });

  it('paired: control first, stream only after its listener_ready, with the same generation and attempt', async () => {
    await start({ capabilities: PAIRED });
    const [control, stream] = server.upgrades.map((url) => url.searchParams);
    expect([control?.get('channel'), stream?.get('channel')]).toEqual(['control', 'stream']);
    expect(control?.get('connectionGeneration')).toBe(stream?.get('connectionGeneration'));
    expect(control?.get('connectionAttempt')).toBe('1');
  });

  it('legacy: everything goes down the one socket, in order', async () => {
    await start({});
    expect(server.upgrades.map((url) => url.searchParams.has('channel'))).toEqual([false]);
    device.emitter.emit('stream_delta', delta('a'), RUNTIME);
    device.emitter.emit('update_loop_status', loop('WAITING_ON_INPUT'), RUNTIME);
    device.emitter.emit('turn_finished', turnEnd, RUNTIME);
    device.emitter.send({ type: 'read_file_response', request_id: 'r' });
    await server.until(() => server.received.length >= 4);
    expect(labels()).toEqual(['null 1 stream_delta', 'null 2 update_loop_status', 'null 3 turn_finished']);
    expect(server.of('read_file_response')).toHaveLength(1);
  });

  it('C03 a turn’s end on control follows its last delta, which the server has confirmed', async () => {
    await start({ capabilities: PAIRED });
    for (let i = 1; i <= 50; i++) device.emitter.emit('stream_delta', delta(`${i}`), RUNTIME);
    device.emitter.emit('turn_finished', turnEnd, RUNTIME);
    device.emitter.emit('stream_delta', delta('next turn'), RUNTIME);
    await server.until(() => labels().length === 52);
    expect(labels().slice(49)).toEqual([
      'stream 50 stream_delta',
      'control 51 turn_finished',
      'stream 52 stream_delta',
    ]);
    const types = server.received.map(({ channel, frame }) => `${channel} ${String(frame['type'])}`);
    expect(types.indexOf('stream ping')).toBeLessThan(types.indexOf('control turn_finished'));
  });

  it('C03 without any pong the turn’s end is held for a bounded time, and then sent', async () => {
    await start({ capabilities: SPLIT, pong: false }, { emitter: { holdMs: 30 } });
    device.emitter.emit('stream_delta', delta('a'), RUNTIME);
    device.emitter.emit('turn_finished', turnEnd, RUNTIME);
    await server.until(() => labels().length === 2);
    expect(labels()).toEqual(['stream 1 stream_delta', 'control 2 turn_finished']);
  });

  it('C19 a status is never sent before an earlier delta, and only the newest is', async () => {
    await start({ capabilities: SPLIT });
    device.emitter.emit('update_loop_status', loop('EXECUTING_COMMAND'), RUNTIME);
    for (let i = 1; i <= 20; i++) {
      device.emitter.emit('stream_delta', delta(`${i}`), RUNTIME);
      device.emitter.emit('update_loop_status', loop(i % 2 ? 'EXECUTING_COMMAND' : 'WAITING_ON_INPUT'), RUNTIME);
    }
    device.emitter.emit('turn_finished', turnEnd, RUNTIME);
    await server.until(() => server.of('turn_finished').length === 1);
    const order = labels().map((label) => label.split(' ')[2]);
    expect(order).toEqual([...Array.from({ length: 20 }, () => 'stream_delta'), 'update_loop_status', 'turn_finished']);
    expect(server.of('update_loop_status')[0]?.frame['loop_status']).toMatchObject({ status: 'WAITING_ON_INPUT' });
  });

  it('C04 numbers each runtime by itself, contiguously', async () => {
    await start({ capabilities: SPLIT });
    const other = { agent_id: null, conversation_id: 'conv-2' };
    for (let i = 0; i < 30; i++) device.emitter.emit('stream_delta', delta(`${i}`), i % 3 ? RUNTIME : other);
    await server.until(() => labels().length === 30);
    const numbers = (id: string) =>
      server.received
        .filter(({ frame }) => (frame['runtime'] as { conversation_id?: string } | undefined)?.conversation_id === id)
        .map(({ frame }) => frame['event_seq']);
    expect(numbers('conv-1')).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
    expect(numbers('conv-2')).toEqual(Array.from({ length: 10 }, (_, i) => i + 1));
  });

  it('hands over commands that arrived before the link was ready, in order', async () => {
    server = await FakeServer.start({ capabilities: PAIRED, hello: false });
    device = await startDevice(server.url);
    const seen: unknown[] = [];
    const reading = (async () => {
      for await (const frame of device.control.frames()) if (seen.push(frame['n']) === 3) return;
    })();
    const hello = (channel: 'control' | 'stream') => {
      const { searchParams } =
        server.upgrades.findLast((url) => url.searchParams.get('channel') === channel) ?? new URL('http://none');
      server.send(channel, {
        type: 'listener_ready',
        connection_generation: searchParams.get('connectionGeneration'),
        connection_attempt: Number(searchParams.get('connectionAttempt')),
      });
    };
    await server.until(() => server.sockets.length === 1);
    server.send('control', { type: 'listener_ready', connection_generation: 'another', connection_attempt: 1 });
    server.send('control', { type: 'x', n: 1 });
    server.send('control', { type: 'x', n: 2 });
    hello('control');
    await server.until(() => server.sockets.length === 2);
    server.send('control', { type: 'x', n: 3 });
    expect(device.monitor.current.phase).toBe('connecting');
    hello('stream');
    await reading;
    expect(seen).toEqual([1, 2, 3]);
  });

  it('takes both sockets down when one closes, and rebuilds the pair with the next attempt', async () => {
    await start({ capabilities: PAIRED });
    server.socket('stream').close(1011);
    await server.until(() => server.upgrades.length === 4);
    await device.reaches('ready');
    expect(server.upgrades.slice(2).map((url) => url.searchParams.get('connectionAttempt'))).toEqual(['2', '2']);
    expect(server.registrations).toHaveLength(1);
  });

  it('registers again after 1008, with the same clients as before', async () => {
    await start({ capabilities: SPLIT });
    const frames = device.control.frames();
    server.socket('control').close(1008, 'environment unknown');
    await server.until(() => server.registrations.length === 2 && server.sockets.length === 2);
    server.send('control', { type: 'hello_again' });
    for await (const frame of frames) {
      expect(frame.type).toBe('hello_again');
      break;
    }
  });

  it('sends again what was sent but not confirmed, then what never was, and nothing else', async () => {
    await start({ capabilities: SPLIT }, { transport: { backoffMinMs: 1, backoffMaxMs: 1 } });
    device.emitter.emit('stream_delta', delta('confirmed'), RUNTIME);
    await server.until(() => server.of('ping').length > 0);
    server.pong = false;
    device.emitter.emit('stream_delta', delta('unconfirmed'), RUNTIME);
    device.emitter.send({ type: 'x_response', request_id: '1' });
    await server.until(() => labels().length === 2 && server.of('x_response').length === 1);
    const broken = device.reaches('offline');
    server.socket('control').terminate();
    await broken;
    device.emitter.emit('stream_delta', delta('never sent'), RUNTIME);
    server.pong = true;
    await server.until(() => labels().length >= 4 && server.of('x_response').length === 2);
    expect(labels()).toEqual([1, 2, 2, 3].map((n) => `stream ${n} stream_delta`));
    const keys = server.of('stream_delta').map(({ frame }) => frame['idempotency_key']);
    expect(keys[1]).toBe(keys[2]);
  });

  it('stops, and stays stopped, when a newer listener replaced it', async () => {
    await start({ capabilities: SPLIT });
    server.socket('control').close(1000, 'Replaced by new connection');
    await device.reaches('stopped');
    expect(device.links.stopCause).toBe('superseded');
    expect(server.registrations).toHaveLength(1);
  });

  it('says goodbye with 1000 on both sockets when it stops, after what was emitted has arrived', async () => {
    await start({ capabilities: SPLIT });
    const codes = Promise.all(
      (['control', 'stream'] as const).map((c) => new Promise((resolve) => server.socket(c).once('close', resolve))),
    );
    device.emitter.emit('stream_delta', delta('last words'), RUNTIME);
    await device.links.stop();
    expect(await codes).toEqual([1000, 1000]);
    expect(labels()).toEqual(['stream 1 stream_delta']);
  });

  it.each([
    ['legacy', {}],
    ['split', SPLIT],
    ['paired', PAIRED],
  ])(
    'C06 %s: a token refused by 1008 on open sockets is resolved anew once, then the listener stops',
    async (_kind, capabilities) => {
      server = await FakeServer.start({ capabilities, refuseWith: 1008 });
      device = await startDevice(server.url);
      await device.reaches('stopped');
      expect(device.links.stopCause).toBe('token-refused');
      expect(server.registrations).toHaveLength(3);
    },
  );

  it('gives up the one frame that was too large for the server, and sends the others again', async () => {
    await start({ capabilities: SPLIT });
    device.emitter.emit('stream_delta', delta('hello'), RUNTIME);
    await server.until(() => server.of('ping').length > 0);
    server.pong = false;
    device.emitter.emit('stream_delta', delta('small'), RUNTIME);
    device.emitter.emit('stream_delta', delta('large'.repeat(100)), RUNTIME);
    device.emitter.send({ type: 'x_response', request_id: '1' });
    await server.until(() => labels().length === 3 && server.of('x_response').length === 1);
    server.pong = true;
    server.socket('stream').close(1009);
    await server.until(() => server.of('x_response').length === 2 && labels().length === 4);
    device.emitter.emit('stream_delta', delta('later'), RUNTIME);
    await server.until(() => labels().length === 5);
    expect(labels()).toEqual([1, 2, 3, 2, 4].map((n) => `stream ${n} stream_delta`));
  });

  it('stops at once, also while it waits for listener_ready, however often it is told to', async () => {
    server = await FakeServer.start({ capabilities: PAIRED, hello: false });
    device = await startDevice(server.url, { transport: { readyDeadlineMs: 60_000 } });
    await server.until(() => server.sockets.length === 1);
    server.send('control', { type: 'ping' });
    await server.until(() => server.of('pong').length === 1);
    await Promise.all([device.links.stop(), device.links.stop()]);
    expect(device.monitor.current.phase).toBe('stopped');
  });

  it('does not wait for the stream of a control socket that the server has closed', async () => {
    server = await FakeServer.start({ capabilities: PAIRED, ignoreStream: true });
    device = await startDevice(server.url, { transport: { upgradeDeadlineMs: 60_000 } });
    await server.until(() => server.upgrades.length === 2);
    server.socket('control').close(1000, 'Replaced by new connection');
    await device.reaches('stopped');
    expect(device.links.stopCause).toBe('superseded');
  });

  it('does not dial once it was told to stop', async () => {
    await start({});
    const stopped = AbortSignal.abort(new Error('stopped'));
    const options = { token: 'secret', maxFrameBytes: 1_000, deadlineMs: 1_000, signal: stopped };
    await expect(dialWithWs(new URL(server.url), options)).rejects.toThrow(DialError);
    expect(server.upgrades).toHaveLength(1);
  });

  it('routes by overrides of the type map', async () => {
    await start(
      { capabilities: SPLIT },
      { emitter: { typeMap: { x_response: { channel: 'stream', delivery: 'ordered' } } } },
    );
    device.emitter.send({ type: 'x_response' });
    await server.until(() => server.of('x_response').length === 1);
    expect(server.of('x_response')[0]?.channel).toBe('stream');
  });
});

it('a token source that fails for a while is asked again, and the listener comes up', async () => {
  server = await FakeServer.start({ capabilities: SPLIT });
  let asked = 0;
  const resolve = (): string => {
    if (++asked < 3) throw new Error('the secret store is away');
    return 'late';
  };
  device = await startDevice(server.url, {
    registration: { providers: [{ provide: TOKEN_SOURCE, useValue: { resolve } }] },
  });
  await device.reaches('ready');
  expect(server.registrations[0]?.headers.authorization).toBe('Bearer late');
});
