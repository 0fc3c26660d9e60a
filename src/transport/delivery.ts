import {
  ChannelSender,
  type ChannelSocket,
  Heartbeat,
  NumberedSocket,
  PING_DEFAULTS,
  PLAIN_WINDOW,
  PingConfirmation,
  type Receipt,
  type WindowOptions,
} from '../channel/index.js';
import { PING_TEXT, type Clock, type Frame } from '../protocol/index.js';

/** How one socket's frames are sent, and how each side learns what the other has of them. */
export interface Delivery {
  readonly sender: ChannelSender;
  /** Asks at once how far the peer has read, where it does not say so by itself. */
  ask(): void;
  /** This process did not run for a while: whether the peer is still there is asked at once. */
  woke(): void;
  pong(): void;
  /** @throws SequenceError */
  acknowledged(ack: Frame): void;
  /**
   * Takes note of a frame that arrived.
   *
   * @throws SequenceError
   */
  received(seq: unknown, bytes: number): Receipt;
  /** The socket is closed. */
  end(): void;
}

/** Times in ms, sizes in bytes. */
export interface DeliveryContext {
  readonly clock: Clock;
  readonly heartbeatMs: number;
  readonly maxUnansweredHeartbeats: number;
  readonly wakeProbeMs: number;
  readonly bufferBoundBytes: number;
  readonly window: Partial<WindowOptions>;
  readonly inFlightChanged: (bytes: number) => void;
  readonly paceChanged: (windowBytes: number, bytesPerSecond: number) => void;
  readonly confirmedAfter: (ms: number) => void;
  /** Whether this channel has answered a ping earlier in this process. */
  readonly answeredBefore: boolean;
}

const NO_RECEIPT: Receipt = { safe: () => {} };

/** On a plain link the peer says nothing but `pong`, and that says what it has read. */
export class PlainDelivery implements Delivery {
  readonly sender: ChannelSender;
  private readonly confirmation: PingConfirmation;

  constructor(socket: ChannelSocket, context: DeliveryContext) {
    const {
      clock,
      bufferBoundBytes: bufferBound,
      inFlightChanged,
      paceChanged,
      confirmedAfter,
      answeredBefore,
    } = context;
    // Such a peer says what it has read when it is asked, and it is asked less often.
    const window = { ...context.window, ...PLAIN_WINDOW };
    const pacing = { window, confirms: true, inFlightChanged, paceChanged, confirmedAfter };
    this.sender = new ChannelSender(socket, clock, { bufferBound, numbered: false, ...pacing });
    const { heartbeatMs, wakeProbeMs, maxUnansweredHeartbeats: maxUnanswered } = context;
    const options = { ...PING_DEFAULTS, heartbeatMs, wakeProbeMs, maxUnanswered };
    this.confirmation = new PingConfirmation(socket, this.sender, clock, options, answeredBefore, () =>
      socket.terminate(),
    );
  }

  ask(): void {
    this.confirmation.ask();
  }

  woke(): void {
    this.confirmation.woke();
  }

  pong(): void {
    this.confirmation.pong();
  }

  acknowledged(): void {
    // A plain link numbers nothing.
  }

  received(): Receipt {
    return NO_RECEIPT;
  }

  end(): void {
    this.confirmation.stop();
    this.sender.end();
  }
}

/** On a resumable link every frame is numbered and acknowledged, both ways (protocol section 5). */
export class ResumableDelivery implements Delivery {
  private readonly numbered: NumberedSocket;
  private readonly heartbeat: Heartbeat;

  constructor(socket: ChannelSocket, context: DeliveryContext) {
    const { clock, heartbeatMs, wakeProbeMs, maxUnansweredHeartbeats: maxUnanswered } = context;
    const { bufferBoundBytes: bufferBound, window, inFlightChanged, paceChanged, confirmedAfter } = context;
    const telling = { inFlightChanged, paceChanged, confirmedAfter };
    this.numbered = new NumberedSocket(socket, clock, { bufferBound, window, ...telling });
    this.heartbeat = new Heartbeat(
      clock,
      { heartbeatMs, wakeProbeMs, maxUnanswered },
      () => socket.send(PING_TEXT),
      // Whoever agrees to resumable channels answers pings: silence needs no earlier answer to mean something.
      true,
      () => socket.terminate(),
    );
  }

  get sender(): ChannelSender {
    return this.numbered.sender;
  }

  ask(): void {
    // The peer acknowledges without being asked.
  }

  woke(): void {
    this.heartbeat.woke();
  }

  pong(): void {
    this.heartbeat.pong();
  }

  acknowledged(ack: Frame): void {
    this.numbered.acknowledged(ack);
  }

  received(seq: unknown, bytes: number): Receipt {
    return this.numbered.received(seq, bytes);
  }

  end(): void {
    this.heartbeat.stop();
    this.numbered.end();
  }
}
