import {
  ChannelSender,
  NumberedSocket,
  type OutgoingFrame,
  PING_DEFAULTS,
  PLAIN_WINDOW,
  PingConfirmation,
  type WindowOptions,
} from '../../src/channel/index.js';
import { decodeFrame } from '../../src/protocol/index.js';
import { SimulatedSocket, SimulatedTime, type Way } from './simulated-path.js';

export interface PathShape {
  readonly mbit: number;
  readonly roundTripMs: number;
  /** Of the bottleneck's queue. Default: 1 s. */
  readonly queueMs?: number;
  /** Of each frame. Default: 1,000. */
  readonly frameBytes?: () => number;
  /** The acknowledging side is busy for so long whenever a timer of its fires. Default: not at all. */
  readonly lateMs?: () => number;
  readonly window?: Partial<WindowOptions>;
  /** Whether the peer acknowledges as a relay does, or answers pings only. Default: acknowledges. */
  readonly link?: 'resumable' | 'plain';
}

/** What a stretch of time showed. */
export interface Stretch {
  /** Of what the bottleneck could have carried, 0 to 1. */
  readonly share: number;
  /** How long somebody else's message would have waited before the bottleneck. */
  readonly waitP99Ms: number;
  readonly waitMaxMs: number;
}

const BACK_PER_MS = perMs(1_000);
const PAD = 'x'.repeat(1 << 20);
/** Beside the padding: `{"seq":1000000,"type":"x","pad":""}`. */
const FRAME_OVERHEAD = 36;

/** Bytes per ms of so many Mbit/s. */
export function perMs(mbit: number): number {
  return (mbit * 1_000) / 8;
}

/** In its socket's own buffer, which is all that bounds it before the first pong. */
const BUFFER_BOUND = 512 * 1024;

/** A sender without end, over a bottleneck, to a peer that says what it has read; all of it the real parts. */
export class PacedTransfer {
  readonly time = new SimulatedTime();
  readonly there: Way;
  readonly back: Way;
  /** Bytes the source may still give; Infinity: it never ends. */
  available = Infinity;
  readonly socket: SimulatedSocket;
  readonly sender: ChannelSender;
  private read = 0;

  constructor(private readonly shape: PathShape) {
    const { mbit, roundTripMs, queueMs = 1_000, frameBytes = () => 1_000 } = shape;
    const delayMs = roundTripMs / 2;
    this.there = { perMs: perMs(mbit), delayMs, queueBytes: perMs(mbit) * queueMs };
    this.back = { perMs: BACK_PER_MS, delayMs, queueBytes: Infinity };
    const [here, beyond] = SimulatedSocket.pair(this.time, this.there, this.back);
    this.socket = here;
    this.sender = shape.link === 'plain' ? this.plain(here, beyond) : this.resumable(here, beyond);
    this.sender.attach({ next: () => this.next(frameBytes()) });
  }

  get windowBytes(): number {
    return this.sender.windowBytes;
  }

  /** The source has more. */
  offer(bytes: number): void {
    this.available += bytes;
    this.sender.wake();
  }

  /** Lets time pass, and looks every half ms how long the queue is. */
  async pass(ms: number): Promise<Stretch> {
    const waits: number[] = [];
    const until = this.time.elapsed() + ms;
    const read = this.read;
    let capacity = 0;
    const look = (): void => {
      waits.push(this.socket.waitMs);
      capacity += this.there.perMs / 2;
      if (this.time.elapsed() + 0.5 <= until) this.time.after(0.5, look);
    };
    look();
    await this.time.pass(ms);
    waits.sort((a, b) => a - b);
    const [p99 = 0, max = 0] = [waits[Math.floor(waits.length * 0.99)], waits.at(-1)];
    return { share: (this.read - read) / capacity, waitP99Ms: p99, waitMaxMs: max };
  }

  private resumable(here: SimulatedSocket, beyond: SimulatedSocket): ChannelSender {
    const { window = {}, lateMs } = this.shape;
    const numbered = new NumberedSocket(here, this.time, { bufferBound: BUFFER_BOUND, window });
    const late = {
      now: () => this.time.now(),
      elapsed: () => this.time.elapsed(),
      after: (ms: number, run: () => void) => this.time.after(ms + (lateMs?.() ?? 0), run),
    };
    const peer = new NumberedSocket(beyond, late, { bufferBound: Infinity });
    here.receive({ message: (text) => numbered.acknowledged(decodeFrame(text, false)), closed() {} });
    beyond.receive({ message: (text) => peer.received(undefined, this.arrived(text)).safe(), closed() {} });
    return numbered.sender;
  }

  private plain(here: SimulatedSocket, beyond: SimulatedSocket): ChannelSender {
    const window = { ...PLAIN_WINDOW, ...this.shape.window };
    const options = { bufferBound: BUFFER_BOUND, numbered: false, confirms: true, window };
    const sender = new ChannelSender(here, this.time, options);
    const pings = new PingConfirmation(here, sender, this.time, PING_DEFAULTS, false, () => here.terminate());
    here.receive({ message: () => pings.pong(), closed: () => pings.stop() });
    beyond.receive({
      message: (text) => {
        if (text === '{"type":"ping"}') beyond.send('{"type":"pong"}');
        else this.arrived(text);
      },
      closed() {},
    });
    return sender;
  }

  private arrived({ length }: string): number {
    this.read += length;
    return length;
  }

  private next(bytes: number): OutgoingFrame | undefined {
    if (this.available < bytes) return undefined;
    this.available -= bytes;
    return { confirmed: () => {}, text: `{"type":"x","pad":"${PAD.slice(0, Math.max(0, bytes - FRAME_OVERHEAD))}"}` };
  }
}
