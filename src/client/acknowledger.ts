import type { ChannelSocket } from '../channel/index.js';
import type { Clock, Timer } from '../protocol/index.js';
import type { ClientLimits } from './client-options.js';

/**
 * Acknowledges what was read on one socket, cumulatively (protocol section 4). While held, nothing goes out: the relay's
 * window closes, and a slow reader becomes a slow cursor instead of memory here.
 */
export class Acknowledger {
  private read = 0;
  private acknowledged = 0;
  private bytes = 0;
  private timer: Timer | undefined;

  constructor(
    private readonly socket: ChannelSocket,
    private readonly clock: Clock,
    private readonly limits: Pick<ClientLimits, 'ackDelayMs' | 'ackBytes'>,
    private readonly held: () => boolean,
  ) {}

  /** Read, and not acknowledged. */
  get unacknowledgedBytes(): number {
    return this.bytes;
  }

  received(seq: number, bytes: number): void {
    this.read = Math.max(this.read, seq);
    this.bytes += bytes;
    if (this.bytes >= this.limits.ackBytes) this.flush();
    else this.timer ??= this.clock.after(this.limits.ackDelayMs, () => this.flush());
  }

  /** Sends what is due, unless held. */
  flush(): void {
    this.timer?.cancel();
    this.timer = undefined;
    if (this.read === this.acknowledged || this.held()) return;
    this.acknowledged = this.read;
    this.bytes = 0;
    this.socket.send(JSON.stringify({ type: 'ack', seq: this.read }));
  }

  stop(): void {
    this.timer?.cancel();
  }
}
