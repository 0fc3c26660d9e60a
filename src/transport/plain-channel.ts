import {
  ChannelSender,
  type ChannelSocket,
  type FrameSource,
  PING_DEFAULTS,
  PingConfirmation,
} from '../channel/index.js';
import {
  CLOSE_CODES,
  decodeFrame,
  type ChannelName,
  type Clock,
  encodeFrame,
  errorAnswer,
  type Frame,
  FrameError,
  isAnswerType,
  withDeadline,
} from '../protocol/index.js';
import { type LinkEnd, LinkError } from './link-end.js';

/** What a channel needs of its surroundings. Times in ms, sizes in bytes. */
export interface PlainChannelContext {
  readonly clock: Clock;
  readonly heartbeatMs: number;
  readonly maxUnansweredHeartbeats: number;
  readonly wakeProbeMs: number;
  readonly bufferBoundBytes: number;
  /** Channels that have answered a ping in this process: only such a channel can be found dead by silence. */
  readonly answered: Set<ChannelName>;
  /** Told of the frame, in bytes, that made the peer close with 1009 and is not sent again. */
  gaveUp(channel: ChannelName, bytes: number): void;
  /** Told of what came and could not be read as a frame. */
  refused(channel: ChannelName, error: FrameError): void;
  /** Told by how many bytes what is in flight on a channel grew. */
  inFlightChanged?(channel: ChannelName, bytes: number): void;
}

/** What `listener_ready` must repeat. */
export interface Generation {
  readonly id: string;
  readonly attempt: number;
}

/** One socket of a plain link: frames in and out, heartbeat, and what the peer has read. */
export class PlainChannel {
  /** How the socket ended. */
  readonly ended: Promise<LinkEnd>;
  private readonly sender: ChannelSender;
  private readonly confirmation: PingConfirmation;
  private handler: ((frame: Frame) => void) | undefined;
  private early: Frame[] = [];
  private readonly helloes: Frame[] = [];
  private onHello: (() => void) | undefined;
  private spoken = false;

  constructor(
    readonly name: ChannelName,
    private readonly socket: ChannelSocket,
    private readonly context: PlainChannelContext,
  ) {
    const { clock, heartbeatMs, maxUnansweredHeartbeats, wakeProbeMs, bufferBoundBytes, answered } = context;
    this.sender = new ChannelSender(socket, {
      bufferBound: bufferBoundBytes,
      numbered: false,
      inFlightChanged: (bytes) => context.inFlightChanged?.(name, bytes),
    });
    this.confirmation = new PingConfirmation(
      socket,
      this.sender,
      clock,
      {
        ...PING_DEFAULTS,
        heartbeatMs,
        wakeProbeMs,
        maxUnanswered: maxUnansweredHeartbeats,
        probeBytes: bufferBoundBytes / 4,
      },
      answered.has(name),
      () => socket.terminate(),
    );
    this.ended = new Promise((resolve) => {
      socket.receive({
        message: (text, isBinary) => this.message(text, isBinary),
        closed: (code, reason) => {
          this.confirmation.stop();
          if (code === CLOSE_CODES.TOO_LARGE.code) this.giveUpLargest();
          this.sender.end();
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
    this.sender.attach(source, urgency);
  }

  /** A source may have something to send. */
  wake(): void {
    this.sender.wake();
  }

  /** Asks at once how far the peer has read; sources learn it by `confirmed`. */
  ask(): void {
    this.confirmation.ask();
  }

  /** This process did not run for a while: whether the peer is still there is asked at once. */
  woke(): void {
    this.confirmation.woke();
  }

  /** Hands over every frame from now on, first those that came before. */
  receive(handler: (frame: Frame) => void): void {
    this.handler = handler;
    for (const frame of this.early.splice(0)) handler(frame);
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
    const bytes = this.sender.giveUpLargest();
    if (bytes > 0) this.context.gaveUp(this.name, bytes);
  }

  private hello({ id, attempt }: Generation): Promise<void> {
    const matches = (frame: Frame): boolean =>
      frame['connection_generation'] === id && Number(frame['connection_attempt']) === attempt;
    return new Promise((resolve) => {
      this.onHello = () => {
        if (this.helloes.some(matches)) resolve();
      };
      this.onHello();
    });
  }

  private message(text: string, isBinary: boolean): void {
    this.spoken = true;
    let frame: Frame;
    try {
      frame = decodeFrame(text, isBinary);
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      this.context.refused(this.name, error);
      const { UNSUPPORTED, INVALID } = CLOSE_CODES;
      if (error.breaksFraming)
        this.socket.close(error.fault === 'BINARY' ? UNSUPPORTED.code : INVALID.code, error.message);
      else this.answerRefused(error);
      return;
    }
    switch (frame.type) {
      case 'pong':
        this.context.answered.add(this.name);
        return this.confirmation.pong();
      case 'ping':
        return this.socket.send('{"type":"pong"}');
      case 'ack':
        return; // a plain link numbers nothing
      case 'listener_ready':
        this.helloes.push(frame);
        return this.onHello?.();
      default:
        if (this.handler) this.handler(frame);
        else this.early.push(frame);
    }
  }

  /** A command that cannot be taken has its answer all the same. */
  private answerRefused({ value = {}, message }: FrameError): void {
    const { type, request_id: requestId } = value;
    if (typeof type !== 'string' || type === '' || typeof requestId !== 'string' || isAnswerType(type)) return;
    this.socket.send(encodeFrame(errorAnswer(type, requestId, 'FRAME_INVALID', message)));
  }
}
