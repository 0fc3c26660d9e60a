import { EventEmitter } from 'node:events';
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
    pause: () => {},
    resume: () => {},
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

describe('reading', () => {
  const KIB = 1024;
  const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  function reading() {
    const told: string[] = [];
    const events = new EventEmitter();
    const deliver = (text: string): boolean => events.emit('message', text, false);
    const ws: WsLike = Object.assign(events, {
      readyState: 1,
      bufferedAmount: 0,
      send: () => {},
      close: () => void told.push('close'),
      terminate: () => {},
      pause: () => void told.push('pause'),
      resume: () => void told.push('resume'),
    });
    return { told, deliver, socket: new WsSocket(ws) };
  }

  it('leaves with the peer what nobody takes yet', async () => {
    const { told, deliver, socket } = reading();
    deliver('x'.repeat(30 * KIB));
    await nextTurn();
    deliver('x'.repeat(30 * KIB));
    await nextTurn();
    expect(told).toEqual([]);
    deliver('x'.repeat(30 * KIB));
    await nextTurn();
    await nextTurn();
    expect(told).toEqual(['pause']);
    socket.receive({ message: (text) => void told.push(`${text.length / KIB}`), closed: () => {} });
    expect(told.slice(1)).toEqual(['resume', '30', '30', '30']);
  });

  it('reads on for the close of one that nobody took', async () => {
    const { told, deliver, socket } = reading();
    deliver('x'.repeat(100 * KIB));
    await nextTurn();
    socket.close(1013);
    expect(told.slice(-2)).toEqual(['resume', 'close']);
  });

  it('leaves the rest of a turn of the event loop to other sockets', async () => {
    const { told, deliver, socket } = reading();
    socket.receive({ message: (text) => void told.push(`${text.length / KIB}`), closed: () => {} });
    deliver('x'.repeat(20 * KIB));
    await nextTurn();
    for (let i = 0; i < 3; i++) deliver('x'.repeat(20 * KIB));
    expect(told).toEqual(['20', '20', 'pause', '20', '20']);
    await nextTurn();
    deliver('x'.repeat(20 * KIB));
    await nextTurn();
    expect(told.slice(5)).toEqual(['resume', '20']);
  });
});

describe('WsSocket of a server', () => {
  function server(state = { readyState: 1 }) {
    const writes: { text: string; left: () => void }[] = [];
    const told: string[] = [];
    const ws: WsLike = {
      get readyState() {
        return state.readyState;
      },
      bufferedAmount: 10,
      extensions: '',
      _socket: {
        write: (bytes, left) => writes.push({ text: Buffer.from(bytes).toString('latin1'), left }),
      },
      send: () => void told.push('sent by ws'),
      close: (code) => void told.push(`close ${code} after ${writes.length}`),
      terminate: () => {},
      pause: () => {},
      resume: () => {},
      on: () => {},
    };
    return { writes, told, ws, socket: new WsSocket(ws, undefined, 'server') };
  }

  it('writes what is sent in one go in one piece, and tells of each when that has left', async () => {
    const { writes, told, socket } = server();
    const left: string[] = [];
    socket.send('a', () => left.push('a'));
    socket.send('b', () => left.push('b'));
    expect(socket.bufferedAmount).toBe(10 + 6);
    await Promise.resolve();
    expect(writes.map(({ text }) => text)).toEqual(['\u0081\u0001a\u0081\u0001b']);
    expect(socket.bufferedAmount).toBe(10);
    expect(left).toEqual([]);
    writes[0]?.left();
    expect(left).toEqual(['a', 'b']);
    expect(told).toEqual([]);
  });

  it('puts what is sent in one go in one message where the peer takes that, and tells of each', async () => {
    const { writes, ws } = server();
    const seen: unknown[] = [];
    const observer = {
      opened: () => {},
      sent: (type: string | undefined) => void seen.push(type),
      received: () => {},
      closed: () => {},
    };
    const socket = new WsSocket(ws, observer, 'server', 100);
    const left: string[] = [];
    socket.send('{"type":"a"}', () => left.push('a'));
    socket.send('{"type":"b"}', () => left.push('b'));
    await Promise.resolve();
    expect(writes.map(({ text }) => text.slice(2))).toEqual(['[{"type":"a"},{"type":"b"}]']);
    writes[0]?.left();
    expect(left).toEqual(['a', 'b']);
    expect(seen).toEqual(['a', 'b']);
  });

  it('writes what was sent before it closes', () => {
    const { told, socket } = server();
    socket.send('a');
    socket.close(1000);
    expect(told).toEqual(['close 1000 after 1']);
  });

  it('writes nothing after the peer has begun to close, and says so', async () => {
    const state = { readyState: 1 };
    const { writes, socket } = server(state);
    const left: string[] = [];
    socket.send('a', () => left.push('a'));
    state.readyState = 2;
    await Promise.resolve();
    expect(writes).toEqual([]);
    expect(left).toEqual(['a']);
  });

  it('leaves it to `ws` where something was negotiated', () => {
    const { told, ws } = server();
    new WsSocket({ ...ws, readyState: 1, extensions: 'permessage-deflate' }, undefined, 'server').send('a');
    expect(told).toEqual(['sent by ws']);
  });
});
