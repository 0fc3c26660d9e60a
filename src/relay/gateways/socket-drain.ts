import type { WebSocket } from 'ws';
import { CLOSE_CODES, type Clock } from '../../protocol/index.js';

export interface DrainOptions {
  /** ms until sockets that did not close by themselves are cut. */
  readonly drainGraceMs: number;
  /** Sockets closed in one go. */
  readonly drainBatch: number;
  /** ms between two batches. */
  readonly drainEveryMs: number;
}

/** Tells sockets that the relay restarts, a batch at a time, and resolves when all of them are closed (reliability C26). */
export async function drainSockets(sockets: readonly WebSocket[], clock: Clock, options: DrainOptions): Promise<void> {
  const { drainGraceMs, drainBatch, drainEveryMs } = options;
  const closed = Promise.all(sockets.map(closeOf));
  const deadline = clock.after(drainGraceMs, () => {
    for (const socket of sockets) socket.terminate();
  });
  for (let from = 0; from < sockets.length; from += drainBatch) {
    if (from > 0) await new Promise<void>((resolve) => void clock.after(drainEveryMs, resolve));
    for (const socket of sockets.slice(from, from + drainBatch))
      socket.close(CLOSE_CODES.RESTART.code, 'The relay restarts; reconnect.');
  }
  await closed;
  deadline.cancel();
}

function closeOf(socket: WebSocket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.readyState === socket.CLOSED) resolve();
    else socket.once('close', () => resolve());
  });
}
