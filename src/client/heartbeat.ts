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
  private answered = false;
  private timer: Timer | undefined;

  constructor(
    private readonly socket: ChannelSocket,
    private readonly clock: Clock,
    private readonly limits: Pick<ClientLimits, 'heartbeatMs' | 'maxUnansweredPings'>,
    private readonly dead: () => void,
  ) {
    this.schedule();
  }

  pong(): void {
    this.answered = true;
    this.unanswered = 0;
  }

  stop(): void {
    this.timer?.cancel();
  }

  private schedule(): void {
    this.timer = this.clock.after(this.limits.heartbeatMs, () => {
      if (this.answered && this.unanswered >= this.limits.maxUnansweredPings) return this.dead();
      this.unanswered++;
      this.socket.send(PING);
      this.schedule();
    });
  }
}
