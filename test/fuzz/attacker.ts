import { once } from 'node:events';
import { WebSocket } from 'ws';
import type { Closed, RawSocket } from '../kit/raw-socket.js';
import { type Delivered, deliver } from './messages.js';
import type { Message } from './relay-cases.js';

/** A socket of the fuzzer, and what it sent. */
export interface Attacker {
  readonly socket: RawSocket;
  readonly sent: Delivered[];
  closed: Closed | undefined;
  next: Delivered['next'];
}

export function attacker(socket: RawSocket): Attacker {
  const made: Attacker = { socket, sent: [], closed: undefined, next: 'more' };
  void socket.closed.then((closed) => (made.closed = closed));
  return made;
}

/** Sends a message, where anything may still follow on this socket. */
export function send(to: Attacker, text: string, message: Message): void {
  if (to.next !== 'more' || to.socket.ws.readyState !== WebSocket.OPEN) return;
  const delivered = deliver(to.socket.ws, text, message);
  to.sent.push(delivered);
  to.next = delivered.next;
}

/** Resolves when the relay has read, and answered, what was sent on a socket, or has closed it. */
async function wasRead(socket: RawSocket): Promise<void> {
  const { ws } = socket;
  const before = socket.frames.filter(({ type }) => type === 'pong').length;
  await Promise.race([
    socket.closed,
    new Promise<void>((resolve) => {
      ws.on('message', () => {
        if (socket.frames.filter(({ type }) => type === 'pong').length > before) resolve();
      });
      ws.send('{"type":"ping"}');
    }),
  ]);
}

/** The same for a socket whose last message was never ended: only a ping of WebSockets themselves may come in between. */
async function wasReached(socket: RawSocket): Promise<void> {
  const { ws } = socket;
  if (ws.readyState !== WebSocket.OPEN) return void (await socket.closed);
  const pong = once(ws, 'pong');
  ws.ping();
  await Promise.race([socket.closed, pong]);
}

/** Resolves when all that was sent has had its effect, whatever that was. */
export async function wasTaken({ socket, next }: Attacker): Promise<void> {
  if (next === 'more') await wasRead(socket);
  else await (next === 'nothing' ? wasReached(socket) : socket.closed);
}
