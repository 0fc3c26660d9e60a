import { connect, type Socket } from 'node:net';

/** A connection to a port of 127.0.0.1; undefined where nobody listens. */
export function dial(port: number, { allowHalfOpen = false } = {}): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen, noDelay: true });
    socket.once('connect', () => resolve(socket));
    socket.once('error', () => resolve(undefined));
  });
}
