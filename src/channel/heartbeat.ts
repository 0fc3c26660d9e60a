import type { Clock, Timer } from '../protocol/index.js';

/** Times in ms. */
export interface HeartbeatOptions {
  readonly heartbeatMs: number;
  /** Heartbeats without any pong after which the socket is dead, where its channel has answered before. */
  readonly maxUnanswered: number;
  /** After this process did not run for a while, heartbeats come this often until the first pong. */
  readonly wakeProbeMs: number;
}

/**
 * Finds a peer that is gone without a word (protocol section 2). Unanswered probes are counted, not time, so that a stalled
 * event loop or a sleeping laptop kills nothing.
 */
export class Heartbeat {
  private unanswered = 0;
  private isWaking = false;
  private hasAnswered = false;
  private timer: Timer | undefined;
  private stopped = false;

  /**
   * @param ping sends one probe
   * @param answeredBefore whether this channel has answered a ping earlier in this process
   * @param dead told once, when the peer has fallen silent
   */
  constructor(
    private readonly clock: Clock,
    private readonly options: HeartbeatOptions,
    private readonly ping: () => void,
    private readonly answeredBefore: boolean,
    private readonly dead: () => void,
  ) {
    this.beat();
  }

  /** Whether this socket has answered a ping. */
  get answered(): boolean {
    return this.hasAnswered;
  }

  /**
   * This process did not run for a while: asks at once, and more often until the peer answers. What went unanswered before
   * says nothing about it.
   */
  woke(): void {
    if (this.stopped) return;
    this.unanswered = 0;
    this.isWaking = true;
    this.beatNow();
  }

  pong(): void {
    this.hasAnswered = true;
    this.unanswered = 0;
    if (!this.isWaking) return;
    this.isWaking = false;
    this.beat();
  }

  stop(): void {
    this.stopped = true;
    this.timer?.cancel();
  }

  private beat(): void {
    this.timer?.cancel();
    if (this.stopped) return;
    const { heartbeatMs, wakeProbeMs, maxUnanswered } = this.options;
    this.timer = this.clock.after(this.isWaking ? Math.min(wakeProbeMs, heartbeatMs) : heartbeatMs, () => {
      const isProven = this.hasAnswered || this.answeredBefore;
      if (isProven && this.unanswered >= maxUnanswered) return this.dead();
      // A peer that never answers at all is not worth asking often.
      if (this.unanswered >= maxUnanswered) this.isWaking = false;
      this.beatNow();
    });
  }

  private beatNow(): void {
    this.unanswered++;
    this.ping();
    this.beat();
  }
}
