import {
  type ChannelSocket,
  type FrameSource,
  type OutgoingFrame,
  type Receipt,
  SequenceError,
} from '../channel/index.js';
import {
  CLOSE_CODES,
  type CloseCode,
  decodeFrame,
  type ChannelName,
  type Clock,
  encodeFrame,
  errorAnswer,
  type Frame,
  FrameError,
  isAnswerType,
  PONG_TEXT,
  TOKEN_FRAMES,
  withDeadline,
} from '../protocol/index.js';
import { type Delivery, type DeliveryContext, PlainDelivery, ResumableDelivery } from './delivery.js';
import { type LinkEnd, LinkError } from './link-end.js';

/** What a channel needs of its surroundings. Times in ms, sizes in bytes. */
export interface LinkChannelContext extends Omit<
  DeliveryContext,
  'inFlightChanged' | 'paceChanged' | 'confirmedAfter' | 'answeredBefore'
> {
  readonly clock: Clock;
  /** Channels that have answered a ping in this process: only such a channel can be found dead by silence. */
  readonly answered: Set<ChannelName>;
  /** Told of the frame, in bytes, that made the peer close with 1009 and is not sent again. */
  gaveUp(channel: ChannelName, bytes: number): void;
  /** Told of what came and could not be read as a frame. */
  refused(channel: ChannelName, error: FrameError): void;
  /** Told by how many bytes what is in flight on a channel grew. */
  inFlightChanged?(channel: ChannelName, bytes: number): void;
  /** Told by how much a channel's window (bytes) and delivery rate (bytes per second) grew. */
  paceChanged?(channel: ChannelName, windowBytes: number, bytesPerSecond: number): void;
  /** Told how long after it was sent a frame of a channel was confirmed, in ms; of the newest that a confirmation covers. */
  confirmedAfter?(channel: ChannelName, ms: number): void;
}

interface Arrived {
  readonly frame: Frame;
  readonly receipt: Receipt;
}

/** `listener_ready`s of one socket that are remembered until the right one is looked for: a server sends one. */
const MAX_HELLOES = 8;

/** What `listener_ready` must repeat. */
export interface Generation {
  readonly id: string;
  readonly attempt: number;
}

/** One socket of a link: frames in and out, heartbeat, and what the peer has. */
export class LinkChannel {
  /** How the socket ended. */
  readonly ended: Promise<LinkEnd>;
  private readonly delivery: Delivery;
  private handler: ((frame: Frame) => void) | undefined;
  private early: Arrived[] = [];
  private readonly helloes: Frame[] = [];
  private onTokenFrame: ((frame: Frame) => void) | undefined;
  /** The newest one that came before anybody asked. */
  private tokenFrame: Frame | undefined;
  private onHello: (() => void) | undefined;
  private spoken = false;

  constructor(
    readonly name: ChannelName,
    private readonly socket: ChannelSocket,
    private readonly context: LinkChannelContext,
    resumable = false,
  ) {
    const inFlightChanged = (bytes: number): void => context.inFlightChanged?.(name, bytes);
    const paceChanged = (windowBytes: number, bytesPerSecond: number): void =>
      context.paceChanged?.(name, windowBytes, bytesPerSecond);
    const confirmedAfter = (ms: number): void => context.confirmedAfter?.(name, ms);
    const telling = { inFlightChanged, paceChanged, confirmedAfter };
    const surroundings = { ...context, ...telling, answeredBefore: context.answered.has(name) };
    this.delivery = resumable ? new ResumableDelivery(socket, surroundings) : new PlainDelivery(socket, surroundings);
    this.ended = new Promise((resolve) => {
      socket.receive({
        message: (text, isBinary) => this.message(text, isBinary),
        closed: (code, reason) => {
          if (code === CLOSE_CODES.TOO_LARGE.code) this.giveUpLargest();
          this.delivery.end();
          resolve({ code, reason });
        },
      });
    });
  }

  /** Whether the peer has said anything on this socket: a proof, which an open socket is not, that it lets us in. */
  get heard(): boolean {
    return this.spoken;
  }

  attach(source: FrameSource, urgency: 'urgent' | 'fair'): void {
    this.delivery.sender.attach(source, urgency);
  }

  /** A source may have something to send. */
  wake(): void {
    this.delivery.sender.wake();
  }

  /** Asks at once how far the peer has read; sources learn it by `confirmed`. */
  ask(): void {
    this.delivery.ask();
  }

  /** This process did not run for a while: whether the peer is still there is asked at once. */
  woke(): void {
    this.delivery.woke();
  }

  /** Hands over every frame from now on, first those that came before. */
  receive(handler: (frame: Frame) => void): void {
    this.handler = handler;
    for (const arrived of this.early.splice(0)) this.handOver(arrived, handler);
  }

  /** Hands over what the server says of the token, from now on and once of what it said before (protocol section 4). */
  receiveTokenFrames(handler: (frame: Frame) => void): void {
    this.onTokenFrame = handler;
    if (this.tokenFrame) handler(this.tokenFrame);
    this.tokenFrame = undefined;
  }

  /** Sends a frame of the socket itself: past everything that waits, without a number. */
  sendBare(frame: Frame): void {
    this.socket.send(encodeFrame(frame));
  }

  /**
   * Waits for the `listener_ready` that matches (protocol section 2).
   *
   * @throws LinkError when the socket ends first, or none comes within the deadline
   */
  async ready(generation: Generation, deadlineMs: number): Promise<void> {
    const late = (): Error => new LinkError(`No listener_ready came on ${this.name} within ${deadlineMs / 1_000} s.`);
    await withDeadline(Promise.race([this.hello(generation), this.untilLost()]), deadlineMs, this.context.clock, late);
  }

  /** Never resolves. @throws LinkError when the socket has ended */
  async untilLost(): Promise<never> {
    const end = await this.ended;
    throw new LinkError(`The server closed ${this.name} before the link was ready (${end.code} ${end.reason}).`, end);
  }

  close(code: number, reason: string): void {
    this.socket.close(code, reason);
  }

  terminate(): void {
    this.socket.terminate();
  }

  /** The peer cannot take it, and sending it again would break every link there is (protocol section 2, 1009). */
  private giveUpLargest(): void {
    const bytes = this.delivery.sender.giveUpLargest();
    if (bytes > 0) this.context.gaveUp(this.name, bytes);
  }

  private hello({ id, attempt }: Generation): Promise<void> {
    const matches = (frame: Frame): boolean => frame['connection_generation'] === id && attemptOf(frame) === attempt;
    return new Promise((resolve) => {
      this.onHello = () => {
        if (this.helloes.some(matches)) resolve();
      };
      this.onHello();
    });
  }

  private message(text: string, isBinary: boolean): void {
    this.spoken = true;
    try {
      this.read(decodeFrame(text, isBinary), text.length);
    } catch (error) {
      if (error instanceof FrameError) this.refuse(error, text.length);
      else if (error instanceof SequenceError) this.fail(CLOSE_CODES.INVALID, error);
      else throw error;
    }
  }

  private read(frame: Frame, bytes: number): void {
    switch (frame.type) {
      case 'pong':
        this.context.answered.add(this.name);
        return this.delivery.pong();
      case 'ping':
        return this.socket.send(PONG_TEXT);
      case 'ack':
        return this.delivery.acknowledged(frame);
      case 'listener_ready':
        if (this.helloes.push(frame) > MAX_HELLOES) this.helloes.shift();
        return this.onHello?.();
      default: {
        if (TOKEN_FRAMES.has(frame.type)) return this.tellOfToken(frame);
        const arrived = { frame, receipt: this.delivery.received(frame['seq'], bytes) };
        if (this.handler) this.handOver(arrived, this.handler);
        else this.early.push(arrived);
      }
    }
  }

  private tellOfToken(frame: Frame): void {
    if (this.onTokenFrame) this.onTokenFrame(frame);
    else this.tokenFrame = frame;
  }

  /** Whoever dispatches it is responsible for it from then on. */
  private handOver({ frame, receipt }: Arrived, handler: (frame: Frame) => void): void {
    handler(frame);
    receipt.safe();
  }

  private refuse(error: FrameError, bytes: number): void {
    this.context.refused(this.name, error);
    if (error.breaksFraming)
      return this.fail(error.fault === 'BINARY' ? CLOSE_CODES.UNSUPPORTED : CLOSE_CODES.INVALID, error);
    const receipt = this.delivery.received(error.value?.['seq'], bytes);
    this.answerRefused(error);
    receipt.safe();
  }

  private fail({ code }: CloseCode, { message }: Error): void {
    this.socket.close(code, message);
  }

  /** A command that cannot be taken has its answer all the same. */
  private answerRefused({ value = {}, message }: FrameError): void {
    const { type, request_id: requestId } = value;
    if (typeof type !== 'string' || type === '' || typeof requestId !== 'string' || isAnswerType(type)) return;
    this.attach(once(encodeFrame(errorAnswer(type, requestId, 'FRAME_INVALID', message))), 'urgent');
  }
}

/** Some servers write it as text. Of an object `Number` would run what the object calls `valueOf`, and that may be no function. */
function attemptOf({ connection_attempt: attempt }: Frame): number | undefined {
  return typeof attempt === 'number' || typeof attempt === 'string' ? Number(attempt) : undefined;
}

/** One frame that nobody waits for: on a resumable link it has its number like any other. */
function once(text: string): FrameSource {
  const frames: OutgoingFrame[] = [{ text }];
  return { next: () => frames.pop(), idle: true };
}
