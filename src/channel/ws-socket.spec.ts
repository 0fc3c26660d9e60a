import { describe, expect, it } from 'vitest';
import { WsSocket, type WsLike } from './ws-socket.js';

/** What a socket and the stream beneath it were told, in order. */
function record(stream: (told: string[]) => WsLike['_socket']): { told: string[]; socket: WsSocket } {
  const told: string[] = [];
  const _socket = stream(told) ?? null;
  const ws: WsLike = {
    readyState: 1,
    bufferedAmount: 0,
    _socket,
    send: (data) => void told.push(data),
    close: () => {},
    terminate: () => {},
    on: () => {},
  };
  return { told, socket: new WsSocket(ws) };
}

describe('WsSocket', () => {
  it('has what is sent in one go leave in one go', async () => {
    const { told, socket } = record((calls) => ({
      cork: () => void calls.push('cork'),
      uncork: () => void calls.push('uncork'),
    }));
    socket.send('a');
    socket.send('b');
    expect(told).toEqual(['cork', 'a', 'b']);
    await Promise.resolve();
    socket.send('c');
    await Promise.resolve();
    expect(told).toEqual(['cork', 'a', 'b', 'uncork', 'cork', 'c', 'uncork']);
  });

  it.each([
    ['no stream', () => null],
    ['a stream that cannot wait', () => ({})],
  ])('sends over a socket with %s', (_what, stream) => {
    const { told, socket } = record(stream);
    socket.send('a');
    expect(told).toEqual(['a']);
  });
});
