import {
  ChunkError,
  ChunkJoiner,
  FrameQueue,
  NumberedSocket,
  SequenceError,
  type ChannelSocket,
} from '../../channel/index.js';
import {
  CLOSE_CODES,
  decodeFrame,
  encodeFrame,
  FrameError,
  mayComeInChunks,
  readChunk,
  REFUSED_SIZE_FACTOR,
  type Clock,
  type Frame,
} from '../../protocol/index.js';
import type { Responsibility } from '../routing/device-link.js';

/** Who is told what comes on a socket. */
export interface DeviceChannelObserver {
  /** @param text of the message it came in */
  frame(frame: Frame, text: string): Responsibility;
  /** A message that is not taken as a frame, whose framing is intact. */
  refused(error: FrameError): Responsibility;
  heartbeat(): void;
  /** This socket is of no use any more: its link is to end. `fault` where a message broke the framing. */
  broken(code: number, reason: string, fault?: FrameError): void;
  closed(code: number): void;
}

export interface DeviceChannelLimits {
  /** Bytes of one message. */
  readonly maxFrameBytes: number;
  /** Bytes of commands that may wait for the device to read. */
  readonly deviceBufferBytes: number;
  /** Unacknowledged on one socket of a resumable link: at most, and always allowed. */
  readonly inFlightBytes: number;
  readonly windowFloorBytes: number;
  /** The window is this times what the path holds. */
  readonly windowGain: number;
}

/** What a frame's sender learns of it on a resumable link. */
export interface SendingFrame {
  /** The listener is responsible for it. */
  readonly safe?: (() => void) | undefined;
  /** It goes to the socket now. */
  readonly taken?: () => void;
}

const PONG = '{"type":"pong"}';
/** Frames that say nothing but that the socket lives; they have no number (protocol section 5). */
const SILENT: ReadonlySet<string> = new Set(['pong', 'listener_ready']);
const UNNUMBERED: ReadonlySet<unknown> = new Set(['ping', 'ack', ...SILENT]);

/** One socket of a device: reads its frames, answers its pings and, on a resumable link, numbers both ways. */
export class DeviceChannel {
  private readonly queue = new FrameQueue();
  private readonly numbered: NumberedSocket | undefined;
  private readonly joiner: ChunkJoiner;
  private hasEnded = false;

  constructor(
    private readonly socket: ChannelSocket,
    clock: Clock,
    private readonly limits: DeviceChannelLimits,
    private readonly observer: DeviceChannelObserver,
    resumable: boolean,
  ) {
    this.joiner = new ChunkJoiner({ maxLength: limits.maxFrameBytes * REFUSED_SIZE_FACTOR });
    if (!resumable) return;
    const { deviceBufferBytes: bufferBound, inFlightBytes: maxBytes, windowFloorBytes: floorBytes } = limits;
    const window = { maxBytes, floorBytes, gain: limits.windowGain };
    this.numbered = new NumberedSocket(socket, clock, { bufferBound, window });
  }

  /** Starts reading; last, because what came before is handed over at once. */
  start(): void {
    this.socket.receive({
      message: (text, isBinary) => this.receive(text, isBinary),
      closed: (code) => this.observer.closed(code),
    });
  }

  /** A device that does not read loses its link. */
  send(frame: object, { safe, taken }: SendingFrame = {}): void {
    if (this.socket.bufferedAmount + this.queue.bytes > this.limits.deviceBufferBytes) return this.socket.terminate();
    const text = encodeFrame(frame);
    if (!this.numbered) return this.socket.send(text);
    this.queue.push({ text, taken, ...(safe && { confirmed: safe }) });
    this.numbered.sender.attach(this.queue);
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

  private receive(text: string, isBinary: boolean): void {
    if (this.hasEnded) return;
    try {
      this.read(text, isBinary);
    } catch (error) {
      if (error instanceof SequenceError) this.observer.broken(CLOSE_CODES.INVALID.code, error.message);
      else throw error;
    }
  }

  private read(text: string, isBinary: boolean): void {
    const { length } = text;
    let frame: Frame;
    try {
      frame = decodeFrame(text, isBinary, { maxBytes: this.limits.maxFrameBytes });
    } catch (error) {
      if (error instanceof FrameError) return this.refuse(error, length);
      throw error;
    }
    if (frame.type === 'ping') {
      this.socket.send(PONG);
      this.observer.heartbeat();
    } else if (frame.type === 'ack') this.numbered?.acknowledged(frame);
    // Those of answers are their asker's to join.
    else if (frame.type === 'chunk' && this.numbered && !('request_id' in frame))
      this.take(frame['seq'] ?? null, length, () => this.join(frame));
    // A frame without a number is none of a resumable channel.
    else if (!SILENT.has(frame.type)) this.take(frame['seq'] ?? null, length, () => this.observer.frame(frame, text));
  }

  /** What is refused was read all the same: its sender must not send it again. */
  private refuse(error: FrameError, bytes: number): void {
    if (error.breaksFraming) {
      const { code } = error.fault === 'BINARY' ? CLOSE_CODES.UNSUPPORTED : CLOSE_CODES.INVALID;
      this.observer.broken(code, error.message, error);
    } else if (UNNUMBERED.has(error.value?.['type'])) void this.observer.refused(error);
    else this.take(error.value?.['seq'], bytes, () => this.observer.refused(error));
  }

  /** A piece of a large frame: nobody is responsible for it before all of it is here, and then for all at once. */
  private join(frame: Frame): Responsibility {
    const chunk = readChunk(frame);
    if (!chunk) return this.observer.refused(new FrameError('BAD_CHUNK', 'A chunk lacks its fields.', {}, frame));
    try {
      const text = this.joiner.take(chunk);
      return text === undefined ? undefined : this.joined(text);
    } catch (error) {
      if (!(error instanceof ChunkError)) throw error;
      const { code } = error.fault === 'TOO_LARGE' ? CLOSE_CODES.TOO_LARGE : CLOSE_CODES.INVALID;
      this.observer.broken(code, error.message, new FrameError('BAD_CHUNK', error.message));
      return undefined;
    }
  }

  private joined(text: string): Responsibility {
    try {
      const frame = decodeFrame(text, false, { maxBytes: this.limits.maxFrameBytes });
      if (mayComeInChunks(frame.type)) return this.observer.frame(frame, text);
      throw new FrameError('BAD_CHUNK', `Chunks never hold a "${frame.type}".`, {}, frame);
    } catch (error) {
      if (error instanceof FrameError) return this.observer.refused(error);
      throw error;
    }
  }

  private take(seq: unknown, bytes: number, hand: () => Responsibility): void {
    const receipt = this.numbered?.received(seq, bytes);
    const responsible = hand();
    if (!responsible) return receipt?.safe();
    responsible.then(
      () => receipt?.safe(),
      () => this.observer.broken(CLOSE_CODES.ERROR.code, 'The relay could not keep an event; its log has the cause.'),
    );
  }
}
