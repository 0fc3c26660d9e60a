import { withSeq } from '../protocol/index.js';
import type { ChannelSocket } from './channel-socket.js';
import type { FrameSource, OutgoingFrame } from './frame-source.js';

export interface ChannelSenderOptions {
  /** Bytes that may wait in the socket's own buffer. */
  readonly bufferBound: number;
  /** Unconfirmed bytes in flight once the peer has confirmed anything. Default: no bound. */
  readonly inFlightBound?: number;
  /** Whether each frame is given `seq`, counting from 1 on this socket. */
  readonly numbered: boolean;
  /** Told by how many bytes what is in flight grew, negative when it shrank. Must not throw. */
  readonly inFlightChanged?: (bytes: number) => void;
}

interface InFlight {
  readonly count: number;
  readonly bytes: number;
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
 * Sends on one socket, for the life of that socket: takes frames from its sources in turn, keeps the socket's buffer
 * bounded, and remembers what is in flight until the peer confirms it.
 */
export class ChannelSender {
  private readonly urgent: FrameSource[] = [];
  private readonly fair: FrameSource[] = [];
  private readonly inFlight: InFlight[] = [];
  private readonly unsafe: Unsafe[] = [];
  private inFlightBytes = 0;
  private everConfirmed = false;
  private waking = false;
  private hasEnded = false;
  private sentCount = 0;
  private onSent: ((bytes: number, count: number) => void) | undefined;
  private onWritten: ((count: number) => void) | undefined;

  constructor(
    private readonly socket: ChannelSocket,
    private readonly options: ChannelSenderOptions,
  ) {}

  /** Frames sent so far; the `seq` of the newest on a numbered channel. */
  get sent(): number {
    return this.sentCount;
  }

  get unconfirmed(): number {
    return this.inFlight.length;
  }

  /** Urgent sources go before all others; within a class sources take turns. One that is attached already keeps its place. */
  attach(source: FrameSource, urgency: 'urgent' | 'fair' = 'fair'): void {
    const sources = urgency === 'urgent' ? this.urgent : this.fair;
    if (!sources.includes(source)) sources.push(source);
    this.wake();
  }

  detach(source: FrameSource): void {
    for (const sources of [this.urgent, this.fair]) {
      const index = sources.indexOf(source);
      if (index >= 0) sources.splice(index, 1);
    }
  }

  /** The socket is closed: whoever is told what is in flight hears of no more of it. */
  end(): void {
    if (!this.hasEnded) this.options.inFlightChanged?.(-this.inFlightBytes);
    this.hasEnded = true;
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
   * @throws RangeError when it confirms more than was sent
   */
  confirmThrough(count: number, safe = count): void {
    if (count > this.sentCount) throw new RangeError(`${count} confirmed, but only ${this.sentCount} sent`);
    this.everConfirmed = true;
    for (const frame of takeThrough(this.inFlight, count)) {
      this.fly(-frame.bytes);
      if (frame.confirmed) this.unsafe.push(frame);
    }
    for (const { confirmed } of takeThrough(this.unsafe, safe)) confirmed?.();
    this.wake();
  }

  /** Gives up the largest frame in flight; its size, or 0 when nothing is in flight. */
  giveUpLargest(): number {
    const largest = this.inFlight.reduce<InFlight | undefined>((a, b) => (a && a.bytes >= b.bytes ? a : b), undefined);
    if (!largest) return 0;
    this.inFlight.splice(this.inFlight.indexOf(largest), 1);
    this.fly(-largest.bytes);
    (largest.givenUp ?? largest.confirmed)?.();
    return largest.bytes;
  }

  private pump(): void {
    for (let burst = 0; burst < BURST_BYTES && this.mayStillSend();) {
      const frame = this.take(this.urgent) ?? this.take(this.fair);
      if (!frame) return;
      burst += this.write(frame);
    }
  }

  private mayStillSend(): boolean {
    const { bufferBound, inFlightBound = Infinity } = this.options;
    if (!this.socket.open || this.socket.bufferedAmount >= bufferBound) return false;
    return !this.everConfirmed || this.inFlight.length === 0 || this.inFlightBytes < inFlightBound;
  }

  /** Round robin: the source that gave a frame goes to the end of the line. */
  private take(sources: FrameSource[]): OutgoingFrame | undefined {
    for (let i = 0; i < sources.length;) {
      const source = sources[i];
      const frame = source?.next();
      if (source && !frame && !source.idle) {
        i++;
        continue;
      }
      sources.splice(i, 1);
      if (!source || !frame) continue;
      sources.push(source);
      return frame;
    }
    return undefined;
  }

  private write({ text, confirmed, givenUp }: OutgoingFrame): number {
    const count = ++this.sentCount;
    const numbered = this.options.numbered ? withSeq(text, count) : text;
    const bytes = numbered.length;
    this.inFlight.push({ count, bytes, confirmed, givenUp });
    this.fly(bytes);
    if (!this.everConfirmed && this.inFlight.length > UNCONFIRMED_KEPT && !this.inFlight[0]?.confirmed)
      this.fly(-(this.inFlight.shift()?.bytes ?? 0));
    this.socket.send(numbered, () => {
      this.onWritten?.(count);
      this.wake();
    });
    this.onSent?.(bytes, count);
    return bytes;
  }

  private fly(bytes: number): void {
    this.inFlightBytes += bytes;
    if (!this.hasEnded) this.options.inFlightChanged?.(bytes);
  }
}

/** Takes what was sent up to a number out of a list in the order of sending. */
function takeThrough<T extends { readonly count: number }>(list: T[], count: number): T[] {
  const later = list.findIndex((frame) => frame.count > count);
  return list.splice(0, later < 0 ? list.length : later);
}
