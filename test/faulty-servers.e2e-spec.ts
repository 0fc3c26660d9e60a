import { Worker } from 'node:worker_threads';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ChannelName } from '../src/protocol/index.js';
import { TOKEN_SOURCE } from '../src/registration/index.js';
import { type DeviceApp, RUNTIME, startDevice } from './kit/device-app.js';
import { FakeServer, type FakeServerOptions } from './kit/fake-server.js';
import { FaultProxy } from './kit/fault-proxy.js';
import { ManualClock } from './kit/manual-clock.js';

const PAIRED = { supportsSplitStatusChannels: true, supportsPairedListenerGenerations: true };
const HEARTBEAT_MS = 30_000;
const delta = (content: string) => ({ delta: { message_type: 'assistant_message', content } });

let clock: ManualClock;
let server: FakeServer;
let proxy: FaultProxy;
let device: DeviceApp;

beforeEach(() => {
  clock = new ManualClock();
});
afterEach(async () => {
  vi.restoreAllMocks();
  // Nothing moves this clock any more: what stopping waits for would wait for ever.
  server.pong = true;
  await proxy.stop();
  await device.close();
  await server.stop();
});

async function behindProxy(options: FakeServerOptions = { capabilities: PAIRED }): Promise<void> {
  server = await FakeServer.start(options);
  proxy = await FaultProxy.start(server.url);
}

/** A listener whose backoff always waits as long as it may. */
async function startListener(options: Parameters<typeof startDevice>[1] = {}): Promise<void> {
  device = await startDevice(proxy.url, {
    clock,
    ...options,
    transport: { backoffMinMs: 1_000, backoffMaxMs: 30_000, drainGraceMs: 0, ...options.transport },
  });
  // Not earlier: Nest makes its ids of it.
  vi.spyOn(Math, 'random').mockReturnValue(1);
}

const dials = (channel: ChannelName): number =>
  server.upgrades.filter(({ searchParams }) => searchParams.get('channel') === channel).length;
const pings = (channel: ChannelName): number => server.of('ping').filter((ping) => ping.channel === channel).length;

/** Moves time on by one heartbeat, and waits until its pings have been answered on these channels. */
function heartbeat(...channels: ChannelName[]): Promise<void> {
  return answered(channels, () => clock.advance(HEARTBEAT_MS));
}

async function answered(channels: ChannelName[], pass: () => Promise<void>): Promise<void> {
  const before = channels.map((channel) => pings(channel));
  await pass();
  await server.until(() => channels.every((channel, index) => pings(channel) > (before[index] ?? 0)));
  // The pong of an earlier ping is on its way; a round trip of ours behind it says that it has come.
  for (const channel of channels) await echoed(channel);
}

/** Resolves when the listener has read everything that the server sent on this channel so far. */
async function echoed(channel: ChannelName): Promise<void> {
  const before = server.received.filter(({ frame, channel: on }) => frame['type'] === 'pong' && on === channel).length;
  server.send(channel, { type: 'ping' });
  await server.until(
    () =>
      server.received.filter(({ frame, channel: on }) => frame['type'] === 'pong' && on === channel).length > before,
  );
}

/** The wait before the next attempt, found by moving time on until the listener connects again. */
async function nextAttempt(wait: number): Promise<void> {
  await device.reaches('offline');
  await clock.advance(wait - 1);
  expect(device.monitor.current.phase).toBe('offline');
  await clock.advance(1);
  expect(device.monitor.current.phase).not.toBe('offline');
}

describe('a server that takes and refuses', () => {
  it('C05 that accepts and then closes is asked less and less often', async () => {
    await behindProxy();
    await startListener();
    for (const [index, wait] of [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000].entries()) {
      await device.reaches('ready');
      expect(dials('control')).toBe(index + 1);
      await clock.advance(50);
      server.socket('control').close(1011);
      await nextAttempt(wait);
    }
    await device.reaches('ready');
    await clock.advance(30_000);
    proxy.now({ do: 'cut' });
    await nextAttempt(1_000);
    expect(server.registrations).toHaveLength(1);
  });

  it.each([
    ['paired', PAIRED],
    ['split', { supportsSplitStatusChannels: true }],
    ['legacy', {}],
  ])('C06 that closes with 1008 for ever ends a %s listener after three registrations', async (_name, capabilities) => {
    await behindProxy({ capabilities });
    let tokens = 0;
    const resolve = () => `token-${++tokens}`;
    server.onOpen = (socket) => socket.close(1008, 'Invalid token');
    await startListener({ registration: { providers: [{ provide: TOKEN_SOURCE, useValue: { resolve } }] } });
    await nextAttempt(1_000);
    await nextAttempt(2_000);
    await device.reaches('stopped');
    expect(server.registrations.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer token-1',
      'Bearer token-1',
      'Bearer token-2',
    ]);
    expect(device.links.stopCause).toBe('token-refused');
    expect(device.monitor.current.reason).toMatch(/check that its token \(TWINLANE_TOKEN\)/);
  });

  it('C08 that never answers the registration is asked again after the deadline', async () => {
    await behindProxy();
    proxy.rule({ match: { path: /\/register$/ }, action: { do: 'hang' }, count: 2 });
    await startListener();
    for (const attempt of [1, 2]) {
      await proxy.log.seen('struck', 'register', attempt);
      await clock.advance(15_000 + 10);
    }
    await device.reaches('ready');
    expect(server.registrations).toHaveLength(1);
  });

  it.each<[string, ChannelName]>([
    ['C07', 'control'],
    ['C09', 'stream'],
  ])('%s that never answers the upgrade of %s is dialled again, as a new pair', async (_id, channel) => {
    await behindProxy();
    proxy.rule({ match: { query: { channel } }, action: { do: 'hang' }, count: 1 });
    await startListener();
    await proxy.log.seen('struck', `channel=${channel}`);
    await clock.advance(15_000);
    await device.reaches('offline');
    expect(device.monitor.current.reason).toMatch(`did not open the ${channel} socket within 15 s`);
    await server.until(() => server.sockets.length === 0);
    await clock.advance(1_000);
    await device.reaches('ready');
    expect(server.sockets.map(({ url }) => url.searchParams.get('connectionAttempt'))).toEqual(['2', '2']);
    expect(server.registrations).toHaveLength(1);
  });

  it('C07 refused connections are retried with backoff too', async () => {
    await behindProxy();
    proxy.rule({ match: { query: { channel: 'control' } }, action: { do: 'refuse' }, count: 2 });
    await startListener();
    await nextAttempt(1_000);
    await nextAttempt(2_000);
    await device.reaches('ready');
  });
});

describe('a silent network', () => {
  it.each<[string, ChannelName[]]>([
    ['control', ['control']],
    ['stream', ['stream']],
    ['both', ['control', 'stream']],
  ])('C12 half open on %s is found within three probes, and the pair rebuilt', async (_name, silent) => {
    await behindProxy();
    await startListener();
    await device.reaches('ready');
    await heartbeat('control', 'stream');
    for (const channel of silent) expect(proxy.now({ do: 'half-open' }, { query: { channel } })).toBe(1);
    const alive = (['control', 'stream'] as const).filter((channel) => !silent.includes(channel));
    for (let probe = 1; probe <= 3; probe++) {
      await heartbeat(...alive);
      for (const channel of silent) await proxy.log.seen('swallowed', `channel=${channel}`, probe);
      expect(device.monitor.current.phase).toBe('ready');
    }
    await clock.advance(HEARTBEAT_MS);
    await device.reaches('offline');
    await clock.advance(1_000);
    await device.reaches('ready');
    expect(server.upgrades.at(-1)?.searchParams.get('connectionAttempt')).toBe('2');
  });

  it('C13 a stall of 120 s with a healthy server kills nothing', async () => {
    await behindProxy();
    await startListener();
    await device.reaches('ready');
    for (let round = 0; round < 5; round++) {
      await heartbeat('control', 'stream');
      clock.stall(120_000);
      await answered(['control', 'stream'], () => clock.advance(0));
    }
    await heartbeat('control', 'stream');
    expect(device.monitor.current.phase).toBe('ready');
    expect(dials('control')).toBe(1);
  });

  it('C31 a sleep of an hour is noticed on wake: both sockets are asked at once, and dead ones replaced', async () => {
    await behindProxy();
    await startListener();
    await device.reaches('ready');
    await heartbeat('control', 'stream');
    clock.sleep(3_600_000);
    await answered(['control', 'stream'], () => clock.advance(5_000));
    expect(device.monitor.current.phase).toBe('ready');

    proxy.now({ do: 'half-open' });
    clock.sleep(3_600_000);
    await clock.advance(5_000);
    await proxy.log.seen('swallowed', 'channel=stream');
    await clock.advance(3 * 5_000);
    await device.reaches('offline');
    await clock.advance(1_000);
    await device.reaches('ready');
    expect(dials('stream')).toBe(2);
  });
});

/** A server in a thread of its own, so that it goes on answering while this thread stalls. */
const SERVER_THREAD = `
const { parentPort } = require('node:worker_threads');
const { createServer } = require('node:http');
const { WebSocketServer } = require('ws');
const http = createServer((request, response) => {
  const body = { connectionId: 'c', wsUrl: 'ws://' + request.headers.host + '/ws', supportsSplitStatusChannels: true };
  request.resume().on('end', () => response.end(JSON.stringify(body)));
});
const sockets = new WebSocketServer({ server: http });
let opened = 0;
sockets.on('connection', (socket) => {
  opened++;
  socket.on('message', () => {
    socket.send('{"type":"pong"}');
    parentPort.postMessage({ opened });
  });
});
http.listen(0, '127.0.0.1', () => parentPort.postMessage({ port: http.address().port }));
`;

it('C13 a real stall of the event loop, many heartbeats long, kills nothing', async () => {
  await behindProxy();
  const thread = new Worker(SERVER_THREAD, { eval: true });
  const [{ port }] = (await once(thread, 'message')) as [{ port: number }];
  device = await startDevice(`http://127.0.0.1:${port}`, { transport: { heartbeatMs: 200, drainGraceMs: 0 } });
  await device.reaches('ready');
  await once(thread, 'message');
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3_000);
  for (let heard = 0; heard < 10; heard++) {
    const [{ opened }] = (await once(thread, 'message')) as [{ opened: number }];
    expect(opened).toBe(2);
  }
  expect(device.monitor.current.phase).toBe('ready');
  await thread.terminate();
});

it('C29 1009 costs the largest frame in flight of that channel, and nothing else', async () => {
  await behindProxy();
  await startListener({ transport: { backoffMinMs: 1, backoffMaxMs: 1 } });
  await device.reaches('ready');
  await heartbeat('control', 'stream');
  server.pong = false;
  for (const text of ['small', 'large'.repeat(2_000), 'also small'])
    device.emitter.emit('stream_delta', delta(text), RUNTIME);
  device.emitter.send({ type: 'read_file_response', request_id: 'r', content: 'x'.repeat(20_000) });
  await server.until(() => server.of('stream_delta').length === 3 && server.of('read_file_response').length === 1);
  server.pong = true;
  server.socket('stream').close(1009, 'Max payload size exceeded');
  await device.reaches('offline');
  await clock.advance(1);
  await device.reaches('ready');
  device.emitter.emit('stream_delta', delta('next'), RUNTIME);
  await server.until(() => server.of('stream_delta').length === 6 && server.of('read_file_response').length === 2);
  expect(server.of('stream_delta').map(({ frame }) => frame['event_seq'])).toEqual([1, 2, 3, 1, 3, 4]);
});
