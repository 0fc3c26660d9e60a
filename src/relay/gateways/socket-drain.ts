import { CLOSE_CODES, type Clock, sleep } from '../../protocol/index.js';
import { RESTART_REASON } from './restart-reasons.js';

export interface DrainOptions {
  /** ms until sockets that did not close by themselves are cut. */
  readonly drainGraceMs: number;
  /** Sockets closed in one go; more where telling all of them would not leave them the time to answer. */
  readonly drainBatch: number;
  /** ms between two batches. */
  readonly drainEveryMs: number;
}

/** What of a WebSocket is needed here. */
interface Drained {
  readonly readyState: number;
  readonly CLOSED: number;
  close(code: number, reason: string): void;
  terminate(): void;
  once(event: 'close', closed: () => void): unknown;
}

/**
 * Tells sockets that the relay restarts, a batch at a time, and resolves when all of them are closed (reliability C26).
 *
 * @param groups one after the other, each within its share of the time: what closes in an earlier one may still have
 * something to say to a later one
 */
export async function drainSockets(
  groups: readonly (readonly Drained[])[],
  clock: Clock,
  options: DrainOptions,
): Promise<void> {
  const sockets = groups.flat();
  const closed = Promise.all(sockets.map(closeOf));
  const deadline = clock.after(options.drainGraceMs, () => {
    for (const socket of sockets) socket.terminate();
  });
  const shareMs = options.drainGraceMs / Math.max(1, groups.length);
  for (const group of groups) await drainGroup(group, shareMs, clock, options);
  await closed;
  deadline.cancel();
}

async function drainGroup(group: readonly Drained[], shareMs: number, clock: Clock, options: DrainOptions) {
  const done = new AbortController();
  void Promise.all(group.map(closeOf)).then(() => done.abort());
  const late = sleep(clock, shareMs, done.signal);
  for (const [index, batch] of batches(group, shareMs, options).entries()) {
    if (index > 0) await sleep(clock, options.drainEveryMs);
    for (const socket of batch) socket.close(CLOSE_CODES.RESTART.code, RESTART_REASON);
  }
  await late;
}

/** So many that the last one is told when half of the time is left. */
function batches(group: readonly Drained[], shareMs: number, { drainBatch, drainEveryMs }: DrainOptions) {
  const most = Math.max(1, Math.floor(shareMs / 2 / Math.max(1, drainEveryMs)));
  const size = Math.max(drainBatch, Math.ceil(group.length / most));
  return Array.from({ length: Math.ceil(group.length / size) }, (_, n) => group.slice(n * size, (n + 1) * size));
}

function closeOf(socket: Drained): Promise<void> {
  return new Promise((resolve) => {
    if (socket.readyState === socket.CLOSED) resolve();
    else socket.once('close', () => resolve());
  });
}
