import { PING_TEXT, type Clock, type Timer } from '../protocol/index.js';
import type { ChannelSender } from './channel-sender.js';
import type { ChannelSocket } from './channel-socket.js';
import { Heartbeat, type HeartbeatOptions } from './heartbeat.js';
import type { WindowOptions } from './window.js';

/** Pings on a plain link (protocol sections 2 and 5). Times in ms. */
export interface PingConfirmationOptions extends HeartbeatOptions {
  /** After this part of the window a ping asks how far the peer has read. */
  readonly probeWindowPart: number;
  /** Least time between two such pings. */
  readonly probeEveryMs: number;
  /** Without any pong for this long, the socket may be one that never answers: its window is given up until it does. */
  readonly firstPongMs: number;
  /** After the last unconfirmed frame a ping follows this much later. */
  readonly probeIdleMs: number;
  /** On a socket that never had a pong: a frame counts as confirmed this long after it left the process. */
  readonly assumeReadMs: number;
}

export const PING_DEFAULTS: PingConfirmationOptions = {
  heartbeatMs: 30_000,
  maxUnanswered: 3,
  wakeProbeMs: 5_000,
  probeWindowPart: 1 / 4,
  probeEveryMs: 20,
  firstPongMs: 250,
  probeIdleMs: 250,
  assumeReadMs: 1_000,
};

/** The window of a peer that says what it has read as seldom as it is asked. */
export const PLAIN_WINDOW: Pick<WindowOptions, 'ackIntervalMs' | 'ackBytes' | 'burstMs'> = {
  // Between two such pings, of which each waits behind what left with it.
  ackIntervalMs: 22,
  ackBytes: Infinity,
  burstMs: 3,
};

/** Probes that may wait for their pong on a socket that has never answered one. */
const MAX_UNPROVEN_PROBES = 64;

/**
 * Learns from `ping` and `pong` what a plain peer has read: the n-th pong answers the n-th ping of its socket, those of the
 * heartbeat included, and confirms every frame sent before that ping.
 */
export class PingConfirmation {
  /** For each ping that waits for its pong: the frames sent before it, and when it went. */
  private readonly marks: { readonly count: number; readonly at: number }[] = [];
  private readonly written: { readonly count: number; readonly at: number }[] = [];
  private readonly heartbeat: Heartbeat;
  private unprobedBytes = 0;
  private probedThrough = 0;
  private lastProbeAt = -Infinity;
  private probe: Timer | undefined;
  private assume: Timer | undefined;
  private doubt: Timer | undefined;
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
    dead: () => void,
  ) {
    sender.observe(
      (bytes) => this.frameSent(bytes),
      (count) => this.frameWritten(count),
    );
    this.heartbeat = new Heartbeat(clock, options, () => this.ping(), answeredBefore, dead);
  }

  /** Whether this socket has answered a ping. */
  get answered(): boolean {
    return this.heartbeat.answered;
  }

  /** Asks at once how far the peer has read. */
  ask(): void {
    this.probe?.cancel();
    this.probe = undefined;
    this.unprobedBytes = 0;
    this.probedThrough = this.sender.sent;
    this.lastProbeAt = this.clock.elapsed();
    if (this.answered || this.marks.length < MAX_UNPROVEN_PROBES) this.ping();
  }

  /** This process did not run for a while: asks at once, and more often until the peer answers. */
  woke(): void {
    this.heartbeat.woke();
  }

  pong(): void {
    this.heartbeat.pong();
    this.assume?.cancel();
    this.doubt?.cancel();
    this.written.length = 0;
    const mark = this.marks.shift();
    if (mark) this.sender.confirmThrough(mark.count, mark.count, mark.at);
  }

  stop(): void {
    this.stopped = true;
    this.heartbeat.stop();
    this.probe?.cancel();
    this.assume?.cancel();
    this.doubt?.cancel();
  }

  private ping(): void {
    if (!this.answered && !this.answeredBefore)
      this.doubt ??= this.clock.after(this.options.firstPongMs, () => this.sender.unpaced());
    this.marks.push({ count: this.sender.sent, at: this.clock.elapsed() });
    this.socket.send(PING_TEXT);
  }

  private frameSent(bytes: number): void {
    this.unprobedBytes += bytes;
    const due = this.unprobedBytes >= this.options.probeWindowPart * this.sender.windowBytes;
    const wait = due ? this.lastProbeAt + this.options.probeEveryMs - this.clock.elapsed() : this.options.probeIdleMs;
    if (wait <= 0) return this.ask();
    this.probe?.cancel();
    this.probe = this.clock.after(wait, () => {
      if (this.sender.sent > this.probedThrough) this.ask();
    });
  }

  private frameWritten(count: number): void {
    if (this.answered || this.stopped) return;
    this.written.push({ count, at: this.clock.elapsed() });
    if (this.written.length === 1) this.assumeRead();
  }

  private assumeRead(): void {
    const oldest = this.written[0];
    if (!oldest || this.stopped) return;
    this.assume = this.clock.after(oldest.at + this.options.assumeReadMs - this.clock.elapsed(), () => {
      const until = this.clock.elapsed() - this.options.assumeReadMs;
      let confirmed = 0;
      while (this.written[0] && this.written[0].at <= until) confirmed = this.written.shift()?.count ?? confirmed;
      if (confirmed > 0) this.sender.assumeThrough(confirmed);
      this.assumeRead();
    });
  }
}
