import type { WebSocket } from 'ws';
import type { Clock, Timer } from '../../protocol/index.js';

export interface ReapOptions {
  /** ms between two probes. */
  readonly probeMs: number;
  readonly maxUnansweredProbes: number;
}

/**
 * Cuts a socket whose peer has gone without a word: half-open connections cost a lease, a client's place, and memory
 * (protocol section 2). The probes are WebSocket pings, which every peer answers by itself; whatever it sends is a sign of
 * life. Probes are counted, not time, so that a relay that stalled or slept kills nothing.
 */
export function reapWhenSilent(socket: WebSocket, clock: Clock, { probeMs, maxUnansweredProbes }: ReapOptions): void {
  let timer: Timer;
  let unanswered = 0;
  const alive = (): void => void (unanswered = 0);
  const probe = (): void => {
    timer = clock.after(probeMs, () => {
      if (unanswered >= maxUnansweredProbes) return socket.terminate();
      unanswered++;
      if (socket.readyState === socket.OPEN) socket.ping();
      probe();
    });
  };
  for (const sign of ['pong', 'ping', 'message']) socket.on(sign, alive);
  socket.once('close', () => timer.cancel());
  probe();
}
