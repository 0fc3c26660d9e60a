import {
  ChunkError,
  ChunkJoiner,
  FrameQueue,
  NumberedSocket,
  SequenceError,
  type ChannelSenderOptions,
  type ChannelSocket,
  type Receipt,
  type SocketReceiver,
  type WindowOptions,
} from '../../channel/index.js';
import {
  CLOSE_CODES,
  decodeFrame,
  encodeFrame,
  FrameError,
  isLarger,
  MAX_OPEN_CHUNKED,
  mayComeInChunks,
  PONG_TEXT,
  readChunk,
  readDelta,
  retryAfterReason,
  REFUSED_SIZE_FACTOR,
  type ChannelName,
  type Clock,
  type Frame,
} from '../../protocol/index.js';
import { FrameRate, LEAST_EVENT_LENGTH, tooManyFrames } from '../access/frame-rate.js';
import type { LimitName } from '../access/limit-name.js';
import type { LimitsOptions } from '../access/limits.options.js';
import type { Responsibility } from '../routing/device-link.js';

/** Who is told what comes on the sockets of a link. */
export interface DeviceChannelObserver {
  /** @param text of the message it came in */
  frame(channel: DeviceChannel, frame: Frame, text: string): Responsibility;
  /** A message that is not taken as a frame, whose framing is intact. */
  refused(channel: DeviceChannel, error: FrameError): Responsibility;
  heartbeat(): void;
  /** It ran into a limit. */
  limited(limit: LimitName): void;
  /** This socket is of no use any more: its link is to end. `fault` where a message broke the framing. */
  broken(channel: DeviceChannel, code: number, reason: string, fault?: FrameError): void;
  closed(code: number): void;
}

export interface DeviceChannelLimits {
  /** Bytes of one message. */
  readonly maxFrameBytes: number;
  /** Bytes of commands that may wait for the device to read. */
  readonly deviceBufferBytes: number;
  /** How much of one socket of a resumable link may be unacknowledged. */
  readonly window: Partial<WindowOptions>;
  readonly limits: Pick<LimitsOptions, 'framesPerSecond' | 'frameBurst'>;
}

/** What the two ends of a link agreed. */
export interface DeviceChannelTerms {
  /** Frames are numbered both ways (protocol section 5). */
  readonly resumable: boolean;
  /** Large events come in chunks on the stream socket (protocol section 6). */
  readonly chunked: boolean;
}

/** What a frame's sender learns of it on a resumable link. */
export interface SendingFrame {
  /** The listener is responsible for it. */
  readonly safe?: (() => void) | undefined;
  /** It goes to the socket now. */
  readonly taken?: () => void;
}

/** Frames that say nothing but that the socket lives; they have no number (protocol section 5). */
const SILENT: ReadonlySet<string> = new Set(['pong', 'ack', 'listener_ready']);
const UNNUMBERED: ReadonlySet<unknown> = new Set(['ping', ...SILENT]);

type SendingOptions = Pick<ChannelSenderOptions, 'bufferBound' | 'window'>;

/** One object for all sockets of a relay. */
const sendingOptions = new WeakMap<DeviceChannelLimits, SendingOptions>();

function sendingOptionsOf(limits: DeviceChannelLimits): SendingOptions {
  const known = sendingOptions.get(limits);
  if (known) return known;
  const options = { bufferBound: limits.deviceBufferBytes, window: limits.window };
  sendingOptions.set(limits, options);
  return options;
}

/** One socket of a device: reads its frames, answers its pings and, on a resumable link, numbers both ways. */
export class DeviceChannel implements SocketReceiver {
  /** Made for the first frame of a resumable link. */
  private begunQueue: FrameQueue | undefined;
  private readonly numbered: NumberedSocket | undefined;
  /** What the newest frames wait for. */
  private waiting: { readonly responsible: Promise<void>; readonly receipts: Receipt[] } | undefined;
  /** Made for the first large event. */
  private begunJoiner: ChunkJoiner | undefined;
  /** Made for the first message that nothing else holds back. */
  private rate: FrameRate | undefined;
  /** What the device has acknowledged: `seq` and `safe` together only grow. */
  private acknowledgedSum = 0;
  private hasEnded = false;

  constructor(
    readonly name: ChannelName,
    private readonly socket: ChannelSocket,
    private readonly clock: Clock,
    private readonly limits: DeviceChannelLimits,
    private readonly observer: DeviceChannelObserver,
    private readonly terms: DeviceChannelTerms,
  ) {
    if (terms.resumable) this.numbered = new NumberedSocket(socket, clock, sendingOptionsOf(limits));
  }

  /** Starts reading; last, because what came before is handed over at once. */
  start(): void {
    this.socket.receive(this);
  }

  message(text: string, isBinary: boolean): void {
    if (this.hasEnded) return;
    try {
      this.read(text, isBinary);
    } catch (error) {
      if (error instanceof SequenceError) this.observer.broken(this, CLOSE_CODES.INVALID.code, error.message);
      else throw error;
    }
  }

  closed(code: number): void {
    this.observer.closed(code);
  }

  /** A device that does not read loses its link. */
  send(frame: object, { safe, taken }: SendingFrame = {}): void {
    const waitingBytes = this.begunQueue?.bytes ?? 0;
    if (this.socket.bufferedAmount + waitingBytes > this.limits.deviceBufferBytes) return this.socket.terminate();
    const text = encodeFrame(frame);
    if (!this.numbered) return this.socket.send(text);
    this.begunQueue ??= new FrameQueue();
    this.begunQueue.push({ text, taken, ...(safe && { confirmed: safe }) });
    this.numbered.sender.attach(this.begunQueue);
  }

  close(code: number, reason: string): void {
    this.end();
    this.socket.close(code, reason);
  }

  terminate(): void {
    this.end();
    this.socket.terminate();
  }

  private end(): void {
    this.hasEnded = true;
    this.numbered?.end();
  }

  private read(text: string, isBinary: boolean): void {
    const { length } = text;
    let frame: Frame;
    try {
      frame = this.decode(text, isBinary);
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      if (this.isWithinRate()) this.refuse(error, length);
      return;
    }
    const isNews = frame.type === 'ack' ? this.acknowledge(frame) : length >= LEAST_EVENT_LENGTH;
    if (!isNews && !this.isWithinRate()) return;
    if (frame.type === 'ping') {
      this.socket.send(PONG_TEXT);
      this.observer.heartbeat();
      // A frame without a number is none of a resumable channel.
    } else if (!SILENT.has(frame.type)) {
      const receipt = this.numbered?.received(frame['seq'] ?? null, length);
      this.settle(receipt, this.isPiece(frame) ? this.join(frame) : this.observer.frame(this, frame, text));
    }
  }

  /** @returns whether it says anything new: as many as there were frames to acknowledge are always fine */
  private acknowledge(ack: Frame): boolean {
    this.numbered?.acknowledged(ack);
    const sum = Number(ack['seq']) + Number(ack['safe']);
    const isNew = this.numbered !== undefined && sum > this.acknowledgedSum;
    if (isNew) this.acknowledgedSum = sum;
    return isNew;
  }

  /** Whether one more message that nothing else holds back is not too much; else the link ends. */
  private isWithinRate(): boolean {
    const { limits } = this.limits;
    const waitMs = (this.rate ??= new FrameRate(this.clock, limits)).take();
    if (waitMs === 0) return true;
    this.observer.limited('frames');
    const { code } = this.terms.resumable ? CLOSE_CODES.TOO_MANY : CLOSE_CODES.TRY_LATER;
    this.observer.broken(this, code, retryAfterReason(tooManyFrames(limits), waitMs));
    return false;
  }

  /** Most of all that comes are deltas, and where they have their place in a history nothing here looks into them. */
  private decode(text: string, isBinary: boolean): Frame {
    const { maxFrameBytes: maxBytes } = this.limits;
    const delta = this.numbered && !isBinary && !isLarger(text, maxBytes) ? readDelta(text) : undefined;
    return delta ?? decodeFrame(text, isBinary, { maxBytes });
  }

  /** Whether it is a piece to be joined here; those of answers are their asker's to join. */
  private isPiece(frame: Frame): boolean {
    return frame.type === 'chunk' && this.numbered !== undefined && !('request_id' in frame);
  }

  /** What is refused was read all the same: its sender must not send it again. */
  private refuse(error: FrameError, bytes: number): void {
    if (error.breaksFraming) {
      const { code } = error.fault === 'BINARY' ? CLOSE_CODES.UNSUPPORTED : CLOSE_CODES.INVALID;
      this.observer.broken(this, code, error.message, error);
    } else if (UNNUMBERED.has(error.value?.['type'])) void this.observer.refused(this, error);
    else {
      const receipt = this.numbered?.received(error.value?.['seq'], bytes);
      this.settle(receipt, this.observer.refused(this, error));
    }
  }

  /** A piece of a large event: nobody is responsible for it before all of it is here, and then for all at once. */
  private join(frame: Frame): Responsibility {
    if (!this.terms.chunked || this.name !== 'stream')
      return this.observer.refused(
        this,
        new FrameError('BAD_CHUNK', 'No chunks of events were agreed here.', {}, frame),
      );
    const chunk = readChunk(frame);
    if (!chunk) return this.observer.refused(this, new FrameError('BAD_CHUNK', 'A chunk lacks its fields.', {}, frame));
    try {
      const text = this.joiner.take(chunk);
      return text === undefined ? undefined : this.joined(text);
    } catch (error) {
      if (!(error instanceof ChunkError)) throw error;
      const { code } = error.fault === 'TOO_LARGE' ? CLOSE_CODES.TOO_LARGE : CLOSE_CODES.INVALID;
      this.observer.broken(this, code, error.message, new FrameError('BAD_CHUNK', error.message));
      return undefined;
    }
  }

  private joined(text: string): Responsibility {
    try {
      const frame = decodeFrame(text, false, { maxBytes: this.limits.maxFrameBytes });
      if (mayComeInChunks(frame.type)) return this.observer.frame(this, frame, text);
      throw new FrameError('BAD_CHUNK', `Chunks never hold a "${frame.type}".`, {}, frame);
    } catch (error) {
      if (error instanceof FrameError) return this.observer.refused(this, error);
      throw error;
    }
  }

  private get joiner(): ChunkJoiner {
    const { maxFrameBytes } = this.limits;
    return (this.begunJoiner ??= new ChunkJoiner({
      maxLength: maxFrameBytes * REFUSED_SIZE_FACTOR,
      // Pieces are acknowledged at once, and so nothing else holds their sender back.
      maxHeld: maxFrameBytes * MAX_OPEN_CHUNKED,
    }));
  }

  /** Frames that become safe together wait for it together. */
  private settle(receipt: Receipt | undefined, responsible: Responsibility): void {
    if (!responsible) return receipt?.safe();
    const { waiting } = this;
    if (waiting?.responsible === responsible) {
      if (receipt) waiting.receipts.push(receipt);
      return;
    }
    const receipts = receipt ? [receipt] : [];
    this.waiting = { responsible, receipts };
    responsible.then(
      () => {
        if (this.waiting?.responsible === responsible) this.waiting = undefined;
        for (const each of receipts) each.safe();
      },
      () =>
        this.observer.broken(this, CLOSE_CODES.ERROR.code, 'The relay could not keep an event; its log has the cause.'),
    );
  }
}
