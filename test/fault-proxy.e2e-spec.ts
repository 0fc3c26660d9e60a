import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { FaultProxy } from './kit/fault-proxy.js';

/** A server that keeps what it is sent and answers every chunk with as many bytes. */
let server: Server;
let proxy: FaultProxy;
let received: string;
let arrived: () => void;
const accepted: Socket[] = [];

beforeEach(async () => {
  received = '';
  arrived = () => {};
  accepted.length = 0;
  server = createServer((socket) => {
    accepted.push(socket);
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => {
      received += chunk.toString();
      arrived();
      socket.write('.'.repeat(chunk.length));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  proxy = await FaultProxy.start(`http://127.0.0.1:${(server.address() as { port: number }).port}`);
});
afterEach(async () => {
  await proxy.stop();
  for (const socket of accepted) socket.destroy();
  server.close();
});

const HEAD = 'GET /ws?channel=stream HTTP/1.1\r\n';
const STREAM = { query: { channel: 'stream' } };

async function dial(head = HEAD): Promise<Socket> {
  const socket = connect(Number(new URL(proxy.url).port), '127.0.0.1');
  socket.on('error', () => {});
  await once(socket, 'connect');
  socket.write(head);
  return socket;
}

/** However it closes; `once` would take a reset for a failure. */
function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once('close', () => resolve()));
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise<void>((resolve) => (arrived = resolve));
}

it('carries what no rule matches', async () => {
  proxy.rule({ match: { query: { channel: 'control' } }, action: { do: 'refuse' } });
  const socket = await dial();
  await once(socket, 'data');
  expect(received).toBe(HEAD);
  expect(proxy.log.of('struck')).toEqual([]);
});

it('refuses as often as a rule says, by path, query and number of the connection', async () => {
  proxy.rule({ match: { ...STREAM, path: /^\/ws$/, connection: 1 }, action: { do: 'refuse' }, count: 5 });
  await closed(await dial());
  await once(await dial(), 'data');
  expect(proxy.log.of('struck')).toMatchObject([{ connection: 1, action: 'refuse', target: '/ws?channel=stream' }]);
});

it('hangs: accepts, and the server hears nothing', async () => {
  proxy.rule({ match: STREAM, action: { do: 'hang' }, count: 1 });
  const socket = await dial();
  await proxy.log.seen('struck');
  await once(await dial(), 'data');
  expect(accepted).toHaveLength(1);
  expect(socket.destroyed).toBe(false);
});

it('cuts in the middle of what is sent', async () => {
  const socket = await dial();
  await once(socket, 'data');
  proxy.now({ do: 'cut', after: { bytes: 3, direction: 'up' } }, STREAM);
  socket.write('abcdef');
  await closed(socket);
  await until(() => received.length > HEAD.length);
  expect(received).toBe(`${HEAD}abc`);
});

it('swallows one direction, its end included', async () => {
  const socket = await dial();
  await once(socket, 'data');
  expect(proxy.now({ do: 'half-open', direction: 'up' }, STREAM)).toBe(1);
  socket.write('lost');
  expect(await proxy.log.seen('swallowed')).toMatchObject({ direction: 'up', bytes: 4 });
  accepted[0]?.write('still heard');
  expect(String((await once(socket, 'data'))[0])).toBe('still heard');
  const serverClosed = once(accepted[0] ?? socket, 'close').then(() => 'closed');
  socket.destroy();
  await proxy.log.seen('closed');
  expect(await Promise.race([serverClosed, new Promise((resolve) => setImmediate(resolve, 'open'))])).toBe('open');
});

it('delays, in order, until released', async () => {
  let release = (): void => {};
  const gate = new Promise<void>((resolve) => (release = resolve));
  proxy.rule({ action: { do: 'delay', until: gate } });
  const socket = await dial();
  await proxy.log.seen('struck');
  socket.write('later');
  expect(received).toBe('');
  release();
  await until(() => received === `${HEAD}later`);
});

it('throttles', async () => {
  proxy.rule({ action: { do: 'throttle', bytesPerSecond: 1_000, direction: 'up' } });
  const chunks: number[] = [];
  server.on('connection', (socket) => socket.on('data', (chunk: Buffer) => chunks.push(chunk.length)));
  await dial(`${HEAD}${'x'.repeat(100)}`);
  await until(() => received.length === HEAD.length + 100);
  expect(Math.max(...chunks)).toBeLessThan(100);
});

for (const direction of ['up', 'down'] as const)
  for (const [what, text] of [
    ['reserved-bits', 'a text that is long enough'],
    ['length', 'a text that is long enough'],
    ['length', 'a longer text, whose length takes two bytes: '.repeat(10)],
    ['utf-8', 'a text that is long enough'],
  ] as const)
    it(`corrupts ${what} of one message of ${text.length} characters, ${direction}`, async () => {
      const sockets = new WebSocketServer({ port: 0, host: '127.0.0.1' });
      await once(sockets, 'listening');
      const front = await FaultProxy.start(`http://127.0.0.1:${(sockets.address() as { port: number }).port}`);
      const client = new WebSocket(`${front.url.replace('http', 'ws')}/ws?channel=stream`);
      const [[peer]] = await Promise.all([once(sockets, 'connection') as Promise<[WebSocket]>, once(client, 'open')]);
      const [from, to] = direction === 'up' ? [client, peer] : [peer, client];
      from.on('error', () => {});
      from.send(text);
      expect(String((await once(to, 'message'))[0])).toBe(text);

      front.now({ do: 'corrupt', what, direction }, STREAM);
      const failed = once(to, 'error');
      from.send(text);
      // A length that is too long swallows what follows; what it makes of that is no text either.
      from.send(text);
      expect((await failed)[0]).toBeInstanceOf(Error);
      await front.stop();
      sockets.close();
    });
