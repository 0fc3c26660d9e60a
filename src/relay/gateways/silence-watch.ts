import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import type { Clock, Timer } from '../../protocol/index.js';

export interface SilenceWatchOptions {
  /** ms between two probes of a socket. */
  readonly probeMs: number;
  readonly maxUnansweredProbes: number;
}

interface Watched {
  readonly stream: Pick<Socket, 'bytesRead'>;
  /** When it was looked at last, of `Clock.elapsed`, and what had been read from it by then. */
  lookedAt: number;
  bytesRead: number;
  unanswered: number;
}

/** Sockets are looked at in groups: one that is due waits for up to this part of the time between two probes. */
const GROUPS = 16;

/**
 * Cuts sockets whose peer has gone without a word: half-open connections cost a lease, a client's place, and memory
 * (protocol section 2). The probes are WebSocket pings, which every peer answers by itself; whatever it sends is a sign of
 * life. Probes are counted, not time, so that a relay that stalled or slept kills nothing. One timer and one list serve all
 * sockets: thousands of them do nothing else than this.
 */
export class SilenceWatch {
  /** The one that was looked at longest ago first. */
  private readonly watched = new Map<WebSocket, Watched>();
  private timer: Timer | undefined;
  private readonly closed: (this: WebSocket) => void;

  constructor(
    private readonly clock: Clock,
    private readonly options: SilenceWatchOptions,
  ) {
    const forget = (socket: WebSocket): void => this.forget(socket);
    // One listener for all of them: it knows by `this` whose it is.
    this.closed = function closed() {
      forget(this);
    };
  }

  /** Those that are open. */
  get sockets(): Iterable<WebSocket> {
    return this.watched.keys();
  }

  /** @param stream beneath the socket */
  add(socket: WebSocket, stream: Pick<Socket, 'bytesRead'>): void {
    this.watched.set(socket, { stream, lookedAt: this.clock.elapsed(), bytesRead: stream.bytesRead, unanswered: 0 });
    socket.on('close', this.closed);
    this.timer ??= this.clock.after(this.options.probeMs, () => this.look());
  }

  private forget(socket: WebSocket): void {
    this.watched.delete(socket);
    if (this.watched.size > 0) return;
    this.timer?.cancel();
    this.timer = undefined;
  }

  private look(): void {
    this.timer = undefined;
    const { probeMs } = this.options;
    const now = this.clock.elapsed();
    for (const [socket, watched] of this.watched) {
      if (watched.lookedAt + probeMs > now) break;
      this.watched.delete(socket);
      this.watched.set(socket, watched);
      watched.lookedAt = now;
      this.probe(socket, watched);
    }
    const [next] = this.watched.values();
    if (!next) return;
    this.timer = this.clock.after(Math.max(next.lookedAt + probeMs - now, probeMs / GROUPS), () => this.look());
  }

  private probe(socket: WebSocket, watched: Watched): void {
    const { bytesRead } = watched.stream;
    if (bytesRead > watched.bytesRead) watched.unanswered = 0;
    watched.bytesRead = bytesRead;
    if (watched.unanswered >= this.options.maxUnansweredProbes) return socket.terminate();
    watched.unanswered++;
    if (socket.readyState === socket.OPEN) socket.ping();
  }
}
