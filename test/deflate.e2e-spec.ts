import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { ProtocolEmitterService } from '../src/emitter/index.js';
import { dialWithWs } from '../src/transport/index.js';
import { RawSocket } from './kit/raw-socket.js';
import { RelayUnderTest, TOKEN } from './kit/relay-under-test.js';
import { onlineEnvironment, TOKEN as TWINLANE_TOKEN, Twinlane } from './kit/twinlane.js';

const RUNTIME = { agent_id: 'a', conversation_id: 'c' };
const DEFLATE = 'permessage-deflate';
/** Large ones are compressed, away from the event loop; small ones are not. */
const LARGE = 'text that says little '.repeat(2_000);
const COUNT = 200;

let closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.toReversed()) await close();
  closing = [];
});

describe('a relay', () => {
  async function extensions(options: { deflate?: boolean }): Promise<string[]> {
    const relay = await RelayUnderTest.start(options);
    closing.push(() => relay.close());
    const { connectionId, wsUrl } = await relay.register();
    const status = relay.ws(`/v1/environments/${connectionId}/status/ws`);
    const sockets = await Promise.all([status, wsUrl].map((url) => RawSocket.open(url, { token: TOKEN })));
    return sockets.map(({ ws }) => ws.extensions);
  }

  it('compresses for nobody unless it is told to, whatever they offer', async () => {
    expect(await extensions({})).toEqual(['', '']);
  });

  it('compresses for clients and listeners that offer it when it is told to', async () => {
    expect(await extensions({ deflate: true })).toEqual([DEFLATE, DEFLATE]);
  });
});

it.each([
  [{}, ''],
  [{ deflate: true }, DEFLATE],
])('a listener with %j agrees on %j', async (options, agreed) => {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: true });
  await once(server, 'listening');
  closing.push(() => new Promise((resolve) => server.close(resolve)));
  const connected = once(server, 'connection') as Promise<[WebSocket]>;
  const url = new URL(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const { signal } = new AbortController();
  const socket = await dialWithWs(url, { token: 't', maxFrameBytes: 1_024, deadlineMs: 5_000, signal, ...options });
  const [peer] = await connected;
  expect(peer.extensions).toBe(agreed);
  socket.terminate();
});

describe('compressed from device to client', () => {
  it('large and small frames come in the order they were sent in, in less than half of the bytes', async () => {
    const twinlane = await Twinlane.start({ relay: { deflate: true }, listener: { transport: { deflate: true } } });
    closing.push(() => twinlane.close());
    const environment = await onlineEnvironment(twinlane.client());
    const query = 'channel=stream&client=raw&agentId=a&conversationId=c';
    const url = `${twinlane.url.replace('http', 'ws')}/v1/environments/${environment.id}/status/ws?${query}`;
    const client = await RawSocket.open(url, { token: TWINLANE_TOKEN });
    let bytes = 0;
    client.ws.on('message', (data: Buffer) => {
      bytes += data.length;
      const seq = client.frames.at(-1)?.['seq'];
      if (typeof seq === 'number') client.send({ type: 'ack', seq });
    });
    const emitter = twinlane.listener.get(ProtocolEmitterService, { strict: false });
    for (let n = 0; n < COUNT; n++) {
      const content = n % 3 === 0 ? LARGE : 'x';
      emitter.emit('stream_delta', { delta: { message_type: 'assistant_message', content, n } }, RUNTIME);
    }
    const deltas = () => client.frames.filter(({ type }) => type === 'stream_delta');
    await client.seenWhere(() => deltas().length === COUNT);
    expect(deltas().map(({ delta }) => (delta as { n: number }).n)).toEqual(Array.from({ length: COUNT }, (_, n) => n));
    const seqs = client.frames.flatMap(({ seq }) => (typeof seq === 'number' ? [seq] : []));
    expect(seqs).toEqual(seqs.map((_, index) => index + 1));
    const { bytesRead } = (client.ws as unknown as { _socket: { bytesRead: number } })._socket;
    expect(bytesRead).toBeLessThan(bytes / 2);
  });

  it('commands and answers of any size find each other', async () => {
    const twinlane = await Twinlane.start({ relay: { deflate: true }, listener: { transport: { deflate: true } } });
    closing.push(() => twinlane.close());
    const attachment = await twinlane.attach();
    await attachment.command('write_file', { path: 'large', content: LARGE });
    const [info, file] = await Promise.all([
      attachment.command('app_server_info', {}),
      attachment.command('read_file', { path: 'large' }),
    ]);
    expect(info.backend).toBe('twinlane');
    expect(file.content).toBe(LARGE);
  });
});
