import type { ChannelSocket } from '../channel/index.js';
import type { Clock, Timer } from '../protocol/index.js';
import type { ClientLimits } from './client-options.js';

const PING = JSON.stringify({ type: 'ping' });

/**
 * Asks one socket for a sign of life. Unanswered pings are counted, not time, so that a laptop that slept or a page in
 * the background kills nothing; a server that has never answered one is not blamed for silence (protocol section 2).
 */
export class Heartbeat {
  private unanswered = 0;
  private isWaking = false;
  private timer: Timer | undefined;

  constructor(
    private readonly socket: ChannelSocket,
    private readonly clock: Clock,
    private readonly limits: Pick<ClientLimits, 'heartbeatMs' | 'maxUnansweredPings' | 'wakePingMs'>,
    private readonly dead: () => void,
    /** Whether an earlier socket of this channel has answered one: a new one that is dead from its first moment is found too. */
    private answered = false,
  ) {
    this.schedule();
  }

  pong(): void {
    this.answered = true;
    this.unanswered = 0;
    if (!this.isWaking) return;
    this.isWaking = false;
    this.timer?.cancel();
    this.schedule();
  }

  /** This process did not run for a while: asks at once, and more often until the relay answers (reliability C31). */
  woke(): void {
    this.timer?.cancel();
    this.unanswered = 0;
    this.isWaking = true;
    this.beat();
  }

  stop(): void {
    this.timer?.cancel();
  }

  private schedule(): void {
    const { heartbeatMs, wakePingMs, maxUnansweredPings } = this.limits;
    this.timer = this.clock.after(this.isWaking ? Math.min(wakePingMs, heartbeatMs) : heartbeatMs, () => {
      if (this.answered && this.unanswered >= maxUnansweredPings) return this.dead();
      if (this.unanswered >= maxUnansweredPings) this.isWaking = false;
      this.beat();
    });
  }

  private beat(): void {
    this.unanswered++;
    this.socket.send(PING);
    this.schedule();
  }
}
