import type { Clock, Timer } from '../protocol/index.js';
import type { ChannelSender } from './channel-sender.js';
import type { ChannelSocket } from './channel-socket.js';

/** Pings on a plain link (protocol sections 2 and 5). Times in ms. */
export interface PingConfirmationOptions {
  readonly heartbeatMs: number;
  /** Heartbeats without any pong after which the socket is dead, where its channel has answered before. */
  readonly maxUnanswered: number;
  /** After this process did not run for a while, heartbeats come this often until the first pong. */
  readonly wakeProbeMs: number;
  /** Bytes sent after which a ping asks how far the peer has read. */
  readonly probeBytes: number;
  /** Least time between two such pings. */
  readonly probeEveryMs: number;
  /** After the last unconfirmed frame a ping follows this much later. */
  readonly probeIdleMs: number;
  /** On a socket that never had a pong: a frame counts as confirmed this long after it left the process. */
  readonly assumeReadMs: number;
}

export const PING_DEFAULTS: PingConfirmationOptions = {
  heartbeatMs: 30_000,
  maxUnanswered: 3,
  wakeProbeMs: 5_000,
  probeBytes: 128 * 1024,
  probeEveryMs: 20,
  probeIdleMs: 250,
  assumeReadMs: 1_000,
};

/** Probes that may wait for their pong on a socket that has never answered one. */
const MAX_UNPROVEN_PROBES = 64;
const PING = '{"type":"ping"}';

/**
 * Learns from `ping` and `pong` what a plain peer has read: the n-th pong answers the n-th ping of its socket, and
 * confirms every frame sent before that ping. The same pings are the heartbeat; unanswered probes are counted, not
 * time, so that a stalled event loop or a sleeping laptop kills nothing.
 */
export class PingConfirmation {
  /** Frames sent before each ping that waits for its pong. */
  private readonly marks: number[] = [];
  private readonly written: { readonly count: number; readonly at: number }[] = [];
  private heartbeatsSincePong = 0;
  private isWaking = false;
  private ponged = false;
  private unprobedBytes = 0;
  private probedThrough = 0;
  private lastProbeAt = -Infinity;
  private heartbeat: Timer | undefined;
  private probe: Timer | undefined;
  private assume: Timer | undefined;
  private stopped = false;

  /**
   * @param answeredBefore whether this channel has answered a ping earlier in this process
   * @param dead told once, when the peer has fallen silent
   */
  constructor(
    private readonly socket: ChannelSocket,
    private readonly sender: ChannelSender,
    private readonly clock: Clock,
    private readonly options: PingConfirmationOptions,
    private readonly answeredBefore: boolean,
    private readonly dead: () => void,
  ) {
    sender.observe(
      (bytes) => this.frameSent(bytes),
      (count) => this.frameWritten(count),
    );
    this.beat();
  }

  /** Whether this socket has answered a ping. */
  get answered(): boolean {
    return this.ponged;
  }

  /** Asks at once how far the peer has read. */
  ask(): void {
    this.probe?.cancel();
    this.probe = undefined;
    this.unprobedBytes = 0;
    this.probedThrough = this.sender.sent;
    this.lastProbeAt = this.clock.now();
    if (this.ponged || this.marks.length < MAX_UNPROVEN_PROBES) this.ping();
  }

  /**
   * This process did not run for a while: asks at once, and more often until the peer answers. What went unanswered before
   * says nothing about it.
   */
  woke(): void {
    if (this.stopped) return;
    this.heartbeat?.cancel();
    this.heartbeatsSincePong = 0;
    this.isWaking = true;
    this.beatNow();
  }

  pong(): void {
    this.ponged = true;
    this.heartbeatsSincePong = 0;
    if (this.isWaking) this.beatNormally();
    this.assume?.cancel();
    this.written.length = 0;
    const mark = this.marks.shift();
    if (mark !== undefined) this.sender.confirmThrough(mark);
  }

  stop(): void {
    this.stopped = true;
    this.heartbeat?.cancel();
    this.probe?.cancel();
    this.assume?.cancel();
  }

  private ping(): void {
    this.marks.push(this.sender.sent);
    this.socket.send(PING);
  }

  private beat(): void {
    if (this.stopped) return;
    const { heartbeatMs, wakeProbeMs, maxUnanswered } = this.options;
    this.heartbeat = this.clock.after(this.isWaking ? Math.min(wakeProbeMs, heartbeatMs) : heartbeatMs, () => {
      const isProven = this.ponged || this.answeredBefore;
      if (isProven && this.heartbeatsSincePong >= maxUnanswered) return this.dead();
      // A peer that never answers at all is not worth asking often.
      if (this.heartbeatsSincePong >= maxUnanswered) this.isWaking = false;
      this.beatNow();
    });
  }

  private beatNow(): void {
    this.heartbeatsSincePong++;
    this.ping();
    this.beat();
  }

  private beatNormally(): void {
    this.isWaking = false;
    this.heartbeat?.cancel();
    this.beat();
  }

  private frameSent(bytes: number): void {
    this.unprobedBytes += bytes;
    const due = this.unprobedBytes >= this.options.probeBytes;
    const wait = due ? this.lastProbeAt + this.options.probeEveryMs - this.clock.now() : this.options.probeIdleMs;
    if (wait <= 0) return this.ask();
    this.probe?.cancel();
    this.probe = this.clock.after(wait, () => {
      if (this.sender.sent > this.probedThrough) this.ask();
    });
  }

  private frameWritten(count: number): void {
    if (this.ponged || this.stopped) return;
    this.written.push({ count, at: this.clock.now() });
    if (this.written.length === 1) this.assumeRead();
  }

  private assumeRead(): void {
    const oldest = this.written[0];
    if (!oldest || this.stopped) return;
    this.assume = this.clock.after(oldest.at + this.options.assumeReadMs - this.clock.now(), () => {
      const until = this.clock.now() - this.options.assumeReadMs;
      let confirmed = 0;
      while (this.written[0] && this.written[0].at <= until) confirmed = this.written.shift()?.count ?? confirmed;
      if (confirmed > 0) this.sender.confirmThrough(confirmed);
      this.assumeRead();
    });
  }
}
