import { type Clock, type Timer, withSeq } from '../protocol/index.js';
import type { ChannelSocket } from './channel-socket.js';
import type { Departure } from './delivery-rate.js';
import { FairLine } from './fair-line.js';
import type { FrameSource, OutgoingFrame } from './frame-source.js';
import { Window, type WindowOptions } from './window.js';

export interface ChannelSenderOptions {
  /** Bytes that may wait in the socket's own buffer. */
  readonly bufferBound: number;
  /** Whether each frame is given `seq`, counting from 1 on this socket. */
  readonly numbered: boolean;
  /** How much may be in flight; what differs from `WINDOW_DEFAULTS`. */
  readonly window?: Partial<WindowOptions>;
  /** Whether the peer is expected to confirm, so that the window holds from the first frame on. Default: from its first confirmation on. */
  readonly confirms?: boolean;
  /** Told by how many bytes what is in flight grew, negative when it shrank. Must not throw. */
  readonly inFlightChanged?: (bytes: number) => void;
  /** Told by how much the window (bytes) and the delivery rate (bytes per second) grew. Must not throw. */
  readonly paceChanged?: (windowBytes: number, bytesPerSecond: number) => void;
  /** Told of each confirmation: how long ago the newest frame of those that it covers was sent, in ms. Must not throw. */
  readonly confirmedAfter?: (ms: number) => void;
}

interface InFlight {
  readonly count: number;
  readonly bytes: number;
  readonly departure: Departure;
  readonly confirmed: (() => void) | undefined;
  readonly givenUp: (() => void) | undefined;
}

/** Read by the peer, which is not responsible for it yet. */
type Unsafe = Pick<InFlight, 'count' | 'confirmed'>;

/** Bytes written in one go before other work of the process gets its turn. */
const BURST_BYTES = 128 * 1024;
/** Unconfirmed frames remembered for a peer that has never confirmed any. */
const UNCONFIRMED_KEPT = 4_096;

/**
 * Sends on one socket, for the life of that socket: takes frames from its sources in turn, as many as its window lets be in
 * flight, and remembers those until the peer confirms them. What the window holds back stays with its source, not in the
 * socket's buffer: an urgent frame goes ahead of all of it.
 */
export class ChannelSender {
  private readonly urgent = new FairLine();
  private readonly fair = new FairLine();
  private readonly inFlight: InFlight[] = [];
  private readonly unsafe: Unsafe[] = [];
  private readonly window: Window;
  private inFlightBytes = 0;
  /** What of all this the observer of this sender knows. */
  private readonly told = { inFlightBytes: 0, windowBytes: 0, bytesPerSecond: 0 };
  private isPaced = false;
  private waking = false;
  /** Until the pace lets more leave. */
  private pacing: Timer | undefined;
  private hasEnded = false;
  private sentCount = 0;
  private onSent: ((bytes: number, count: number) => void) | undefined;
  private onWritten: ((count: number) => void) | undefined;
  private writtenCount = 0;

  constructor(
    private readonly socket: ChannelSocket,
    private readonly clock: Clock,
    private readonly options: ChannelSenderOptions,
  ) {
    this.window = new Window(clock, options.window);
    this.isPaced = options.confirms ?? false;
    this.tellPace(this.window.bytes, 0);
  }

  /** Frames sent so far; the `seq` of the newest on a numbered channel. */
  get sent(): number {
    return this.sentCount;
  }

  get unconfirmed(): number {
    return this.inFlight.length;
  }

  /** Bytes that may be in flight, once the peer confirms. */
  get windowBytes(): number {
    return this.window.bytes;
  }

  /** Urgent sources go before all others; within a class they share by bytes. One that is attached already keeps its place. */
  attach(source: FrameSource, urgency: 'urgent' | 'fair' = 'fair'): void {
    (urgency === 'urgent' ? this.urgent : this.fair).join(source);
    this.wake();
  }

  detach(source: FrameSource): void {
    this.urgent.leave(source);
    this.fair.leave(source);
  }

  /** The socket is closed: whoever is told what is in flight hears of no more of it. */
  end(): void {
    if (this.hasEnded) return;
    this.tellInFlight(0);
    this.tellPace(0, 0);
    this.hasEnded = true;
    this.pacing?.cancel();
  }

  /** Told of each frame given to the socket, and of each that has left this process. */
  observe(sent: (bytes: number, count: number) => void, written: (count: number) => void): void {
    this.onSent = sent;
    this.onWritten = written;
  }

  /** A source may have something to send: looks once this turn of the event loop is over. */
  wake(): void {
    if (this.waking) return;
    this.waking = true;
    queueMicrotask(() => {
      this.waking = false;
      this.pump();
    });
  }

  /**
   * The peer has read the first `count` frames of this socket, and is responsible for the first `safe` of them.
   *
   * @param askedAt when it was asked, of `Clock.elapsed`, where it does not say so by itself
   * @throws RangeError when it confirms more than was sent
   */
  confirmThrough(count: number, safe = count, askedAt?: number): void {
    if (count > this.sentCount) throw new RangeError(`${count} confirmed, but only ${this.sentCount} sent`);
    this.isPaced = true;
    const { bytes, newest } = this.takeRead(count);
    if (newest) {
      this.window.read(bytes, newest, askedAt);
      this.options.confirmedAfter?.(this.clock.elapsed() - newest.at);
      this.tellPace(this.window.bytes, this.window.bytesPerSecond);
    }
    this.settleSafe(safe);
  }

  /** The peer seems to confirm nothing: until it does, only the socket's buffer bounds what is sent. */
  unpaced(): void {
    this.isPaced = false;
    this.wake();
  }

  /** The first `count` frames are taken as read, though the peer has not said so: that tells nothing of the path. */
  assumeThrough(count: number): void {
    this.window.forget(this.takeRead(count).bytes);
    this.settleSafe(count);
  }

  /** Gives up the largest frame in flight; its size, or 0 when nothing is in flight. */
  giveUpLargest(): number {
    const largest = this.inFlight.reduce<InFlight | undefined>((a, b) => (a && a.bytes >= b.bytes ? a : b), undefined);
    if (!largest) return 0;
    this.inFlight.splice(this.inFlight.indexOf(largest), 1);
    this.inFlightBytes -= largest.bytes;
    this.tellInFlight(this.inFlightBytes);
    this.window.forget(largest.bytes);
    (largest.givenUp ?? largest.confirmed)?.();
    return largest.bytes;
  }

  private takeRead(count: number): { readonly bytes: number; readonly newest: Departure | undefined } {
    let bytes = 0;
    let newest: Departure | undefined;
    for (const frame of takeThrough(this.inFlight, count)) {
      bytes += frame.bytes;
      newest = frame.departure;
      if (frame.confirmed) this.unsafe.push(frame);
    }
    this.inFlightBytes -= bytes;
    this.tellInFlight(this.inFlightBytes);
    return { bytes, newest };
  }

  private settleSafe(safe: number): void {
    for (const { confirmed } of takeThrough(this.unsafe, safe)) confirmed?.();
    this.wake();
  }

  /** One burst: its frames count as sent at one time. */
  private pump(): void {
    const now = this.clock.elapsed();
    for (let burst = 0; burst < BURST_BYTES && this.mayStillSend();) {
      const waitMs = this.isPaced ? this.window.waitMs(now) : 0;
      const frame = this.urgent.take() ?? (waitMs > 0 ? undefined : this.fair.take());
      if (!frame) {
        if (waitMs > 0) this.wakeAfter(waitMs);
        else this.window.starved();
        break;
      }
      burst += this.write(frame, now);
    }
    this.tellInFlight(this.inFlightBytes);
  }

  private wakeAfter(ms: number): void {
    if (this.hasEnded) return;
    this.pacing ??= this.clock.after(ms, () => {
      this.pacing = undefined;
      this.pump();
    });
  }

  private mayStillSend(): boolean {
    if (!this.socket.open || this.socket.bufferedAmount >= this.options.bufferBound) return false;
    return !this.isPaced || this.window.hasRoom;
  }

  private write({ text, confirmed, givenUp }: OutgoingFrame, now: number): number {
    const count = ++this.sentCount;
    const numbered = this.options.numbered ? withSeq(text, count) : text;
    const bytes = numbered.length;
    this.inFlight.push({ count, bytes, departure: this.window.sent(bytes, now), confirmed, givenUp });
    this.inFlightBytes += bytes;
    if (!this.isPaced && this.inFlight.length > UNCONFIRMED_KEPT && !this.inFlight[0]?.confirmed) this.forgetOldest();
    this.socket.send(numbered, this.written);
    this.onSent?.(bytes, count);
    return bytes;
  }

  /** Frames leave in the order in which they were given to the socket. */
  private readonly written = (): void => {
    this.writtenCount++;
    this.onWritten?.(this.writtenCount);
    this.wake();
  };

  private forgetOldest(): void {
    const bytes = this.inFlight.shift()?.bytes ?? 0;
    this.window.forget(bytes);
    this.inFlightBytes -= bytes;
  }

  private tellPace(windowBytes: number, bytesPerSecond: number): void {
    const { told } = this;
    if (this.hasEnded || (told.windowBytes === windowBytes && told.bytesPerSecond === bytesPerSecond)) return;
    this.options.paceChanged?.(windowBytes - told.windowBytes, bytesPerSecond - told.bytesPerSecond);
    told.windowBytes = windowBytes;
    told.bytesPerSecond = bytesPerSecond;
  }

  private tellInFlight(bytes: number): void {
    const { told } = this;
    if (this.hasEnded || told.inFlightBytes === bytes) return;
    this.options.inFlightChanged?.(bytes - told.inFlightBytes);
    told.inFlightBytes = bytes;
  }
}

/** Takes what was sent up to a number out of a list in the order of sending. */
function takeThrough<T extends { readonly count: number }>(list: T[], count: number): T[] {
  const later = list.findIndex((frame) => frame.count > count);
  return list.splice(0, later < 0 ? list.length : later);
}
