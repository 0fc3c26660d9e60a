import type { FrameSource, OutgoingFrame } from '../channel/index.js';
import { AsyncBroadcast, encodeFrame, type ChannelName, type Frame } from '../protocol/index.js';
import { type ChannelClient, ChannelFullError } from './channel-client.js';
import type { LinkMonitor, LinkState } from './link-state.js';

interface Pending {
  readonly text: string;
}

/** The `ChannelClient` of one channel: a list of frames that outlives every socket, and is one source of the sender. */
export class LastingChannelClient implements ChannelClient, FrameSource {
  private readonly inbound = new AsyncBroadcast<Frame>();
  private readonly waiting: Pending[] = [];
  /** Sent on the link that is up, not yet confirmed; in the order sent. */
  private readonly unconfirmed = new Set<Pending>();
  private pendingBytes = 0;
  private wake: () => void = () => {};

  constructor(
    readonly channel: ChannelName,
    private readonly monitor: LinkMonitor,
    private readonly maxPendingBytes: number,
    /** How many sent but unconfirmed frames are sent again after a plain link broke. */
    private readonly maxResent: number,
    /** Told how many sent frames a broken link may have swallowed, beyond those that are sent again. */
    private readonly givenUp: (count: number) => void,
  ) {}

  get state(): LinkState {
    return this.monitor.current;
  }

  states(): AsyncIterable<LinkState> {
    return this.monitor.states();
  }

  frames(): AsyncIterable<Frame> {
    return this.inbound.values();
  }

  send(frame: Frame): void {
    const text = encodeFrame(frame);
    if (this.pendingBytes + text.length > this.maxPendingBytes)
      throw new ChannelFullError(this.channel, this.maxPendingBytes);
    this.pendingBytes += text.length;
    this.waiting.push({ text });
    this.wake();
  }

  /** Whether everything sent has reached the peer. */
  get settled(): boolean {
    return this.waiting.length === 0 && this.unconfirmed.size === 0;
  }

  next(): OutgoingFrame | undefined {
    const frame = this.waiting.shift();
    if (!frame) return undefined;
    this.unconfirmed.add(frame);
    return {
      text: frame.text,
      confirmed: () => {
        if (this.unconfirmed.delete(frame)) this.pendingBytes -= frame.text.length;
      },
    };
  }

  arrived(frame: Frame): void {
    this.inbound.publish(frame);
  }

  linkUp(wake: () => void): void {
    this.wake = wake;
  }

  /**
   * What was sent but not confirmed is sent again on the next link.
   *
   * @param resumable whether all of it is: that peer says for what it is responsible
   */
  linkDown(resumable: boolean): void {
    this.wake = () => {};
    const lost = [...this.unconfirmed];
    this.unconfirmed.clear();
    const gone = resumable ? [] : lost.splice(0, Math.max(0, lost.length - this.maxResent));
    for (const frame of gone) this.pendingBytes -= frame.text.length;
    if (gone.length > 0) this.givenUp(gone.length);
    this.waiting.unshift(...lost);
  }

  end(): void {
    this.inbound.end();
  }
}
