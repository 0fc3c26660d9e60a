import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { WsSocket } from '../src/channel/index.js';
import { DEFLATE } from '../src/config/index.js';

/** More than is read in one turn of the event loop, each of them and all the more together. */
const LARGE = 'a text '.repeat(12_000);
const COUNT = 40;

let stop: () => void = () => {};
afterEach(() => stop());

/** A pair of sockets, of which one end is read in turns; what is said there in the end. */
async function connect(deflate: boolean, message: (socket: WsSocket, count: number) => void = () => {}) {
  const perMessageDeflate = deflate && DEFLATE;
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate });
  await once(server, 'listening');
  const peer = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`, { perMessageDeflate });
  peer.on('error', () => {});
  stop = () => {
    peer.terminate();
    for (const client of server.clients) client.terminate();
    server.close();
  };
  const [[accepted]] = (await Promise.all([once(server, 'connection'), once(peer, 'open')])) as [[WebSocket], unknown];
  const socket = new WsSocket(accepted, undefined, 'server');
  let count = 0;
  const ended = new Promise<{ code: number; count: number }>((resolve) =>
    socket.receive({
      message: () => message(socket, ++count),
      closed: (code) => resolve({ code, count }),
    }),
  );
  const closed = new Promise<number>((resolve) => peer.once('close', resolve));
  return { peer, ended, closed, flood: () => Array.from({ length: COUNT }, () => peer.send(LARGE)) };
}

describe.each([
  ['plain', false],
  ['compressed', true],
])('a %s socket that has more to read than its turn', (_, deflate) => {
  it('reads all of it, and sees that its peer has closed', async () => {
    const { peer, ended, flood } = await connect(deflate);
    flood();
    peer.close(1000);
    expect(await ended).toEqual({ code: 1000, count: COUNT });
  });

  it('sees that its peer is gone without a word', async () => {
    const { peer, ended, flood } = await connect(deflate, (__, count) => count === 1 && peer.terminate());
    flood();
    expect(await ended).toMatchObject({ code: 1006 });
  });

  it('closes in the middle of it', async () => {
    const { ended, closed, flood } = await connect(
      deflate,
      (socket, count) => count === 2 && socket.close(4008, 'why'),
    );
    flood();
    expect(await closed).toBe(4008);
    expect(await ended).toMatchObject({ code: 4008 });
  });

  it('is cut in the middle of it', async () => {
    const { ended, closed, flood } = await connect(deflate, (socket, count) => count === 2 && socket.terminate());
    flood();
    expect([await closed, (await ended).code]).toEqual([1006, 1006]);
  });
});
