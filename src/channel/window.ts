import type { Clock } from '../protocol/index.js';
import { DeliveryRate, type Departure } from './delivery-rate.js';
import { LeastRoundTrip, type LeastRoundTripOptions } from './least-round-trip.js';
import { Pace } from './pace.js';
import { RECEIPT_DEFAULTS } from './receipts.js';

/** How much may be in flight. Times in ms, sizes in UTF-16 units of the messages. */
export interface WindowOptions extends LeastRoundTripOptions {
  /** Always allowed. */
  readonly floorBytes: number;
  /** Never more than this. */
  readonly maxBytes: number;
  /** Room beyond what rate and round trip ask for; without it no rise of the rate would ever be seen. Above 1. */
  readonly gain: number;
  /** The same until the rate grows no more, so that a new socket is at its rate within a few round trips. */
  readonly startGain: number;
  /** What may leave in one go once the rate is known, as time at `gain` of it; Infinity: whatever the window has room for. */
  readonly burstMs: number;
  /** With this much unacknowledged the peer says at once what it has read, before the ack interval is over. */
  readonly ackBytes: number;
  /** The rate is the best of this time in which there was something to send, or of 5 round trips. */
  readonly rateMemoryMs: number;
  /** What a sample of the rate spans at least; more where the round trip is longer. */
  readonly rateSampleMs: number;
}

export const WINDOW_DEFAULTS: WindowOptions = {
  floorBytes: 12 * 1024,
  maxBytes: 8 * 1024 * 1024,
  gain: 1.25,
  startGain: 2,
  burstMs: Infinity,
  ackIntervalMs: RECEIPT_DEFAULTS.ackAfterMs,
  ackBytes: RECEIPT_DEFAULTS.ackBytes,
  rateMemoryMs: 1_000,
  rateSampleMs: 25,
  drainAfterMs: 10_000,
  drainMs: 100,
  recheckMs: 60_000,
};

/** What `gain` may be where it is configured: below, a rise of the rate is hardly seen; above, queues stand. */
export const MIN_WINDOW_GAIN = 1.05;
export const MAX_WINDOW_GAIN = 4;

const RATE_MEMORY_ROUNDS = 5;
/** Acknowledgements' worth in flight beside what the path holds: one that fills while another is on its way. */
const ACKS_IN_FLIGHT = 2;
/** The rate still grows while a round trip makes it this much higher. */
const GROWTH = 1.25;
/** Round trips, each with a sample of the rate at its end, without such growth after which the start is over. */
const ROUNDS_WITHOUT_GROWTH = 3;

/**
 * How many bytes one sender may have in flight on one socket (architecture, second idea): as many as the path holds, and not
 * what its queues hold. What the peer has read drives it; nothing of it outlives the socket.
 */
export class Window {
  private readonly rate: DeliveryRate;
  private readonly roundTrip: LeastRoundTrip;
  private readonly options: WindowOptions;
  private readonly pace: Pace | undefined;
  private start: Start | undefined = new Start();
  private size: number;

  constructor(
    private readonly clock: Clock,
    options: Partial<WindowOptions> = {},
  ) {
    this.options = { ...WINDOW_DEFAULTS, ...options };
    this.rate = new DeliveryRate(this.options.rateSampleMs);
    this.roundTrip = new LeastRoundTrip(this.options);
    if (this.options.burstMs < Infinity) this.pace = new Pace(this.options.burstMs);
    this.size = this.options.floorBytes;
  }

  get bytes(): number {
    return this.size;
  }

  /** Bytes per second that the peer reads; 0 until that is known. */
  get bytesPerSecond(): number {
    return this.rate.perMs * 1_000;
  }

  /** In ms, as far as it is known; Infinity before. */
  get leastRoundTripMs(): number {
    return this.roundTrip.ms;
  }

  /** Whether more may be sent. A frame larger than the room that is left goes too: by one frame at most it is exceeded. */
  get hasRoom(): boolean {
    const { inFlight } = this.rate;
    return inFlight === 0 || inFlight < this.size;
  }

  /** How long until the pace lets more leave, in ms; a new socket has none until its rate is known. */
  waitMs(now: number): number {
    return this.start || !this.pace ? 0 : this.pace.waitMs(now);
  }

  /**
   * A frame is given to the socket.
   *
   * @param now of `Clock.elapsed`; those of one burst have the same
   * @returns what `read` needs of the newest frame that was read
   */
  sent(bytes: number, now = this.clock.elapsed()): Departure {
    const { start, rate, options } = this;
    if (!start) this.pace?.sent(bytes, options.gain * rate.perMs, now);
    const departure = rate.depart(bytes, now, this.roundTrip.departs(now, rate.inFlight));
    start?.sent(rate.inFlight >= (options.gain / options.startGain) * this.size);
    return departure;
  }

  /** There is nothing to send, though there is room. */
  starved(): void {
    this.rate.starved();
  }

  /** So many bytes are not waited for any more, whether or not the peer has read them. */
  forget(bytes: number): void {
    this.rate.forget(bytes);
  }

  /**
   * The peer has read so many bytes more.
   *
   * @param newest of the newest frame among them
   * @param askedAt when the peer was asked, where it does not say so by itself; of `Clock.elapsed`
   */
  read(bytes: number, newest: Departure, askedAt = newest.at): void {
    const now = this.clock.elapsed();
    this.roundTrip.measured(now - askedAt, newest.ofPath);
    this.rate.read(bytes, newest, now, this.memoryMs);
    if (this.start?.isOver(this.rate, newest)) this.start = undefined;
    const found = this.roundTrip.look(this.rate.perMs < this.rate.bestPerMs / 2, now);
    if (found === 'raised') this.start = new Start();
    if (found) this.rate.forgetBest();
    this.size = this.wanted();
  }

  private get memoryMs(): number {
    const { rateMemoryMs, ackIntervalMs } = this.options;
    return Math.max(rateMemoryMs, RATE_MEMORY_ROUNDS * (this.roundTrip.ms + ackIntervalMs));
  }

  private wanted(): number {
    if (this.roundTrip.isDraining) return 0;
    const { floorBytes, maxBytes, gain, startGain, ackIntervalMs, ackBytes } = this.options;
    const { perMs } = this.rate;
    // Where the rate is high an acknowledgement comes long before its interval is over: what else is in flight only waits.
    const pipe = perMs * this.roundTrip.ms + Math.min(perMs * ackIntervalMs, ACKS_IN_FLIGHT * ackBytes);
    return Math.min(maxBytes, Math.max(floorBytes, (this.start ? startGain : gain) * pipe));
  }
}

/** A new socket: the time in which the rate still grows with each round trip. */
class Start {
  private roundEnd = 0;
  private grownTo = 0;
  private roundsWithoutGrowth = 0;
  private samples = 0;
  private isFilled = false;

  /** @param fills whether as much is in flight as there will be once this is over: whatever limits the sender, it is not its source */
  sent(fills: boolean): void {
    this.isFilled ||= fills;
  }

  isOver({ perMs, delivered, samples, isLimited }: DeliveryRate, newest: Departure): boolean {
    if (newest.delivered < this.roundEnd || samples === this.samples) return false;
    this.roundEnd = delivered;
    this.samples = samples;
    // A source that gives in heaps leaves room for moments, and yet fills the path.
    const saysNothing = (newest.isLimited || isLimited) && !this.isFilled;
    this.isFilled = false;
    if (perMs >= this.grownTo * GROWTH && !newest.isLimited) {
      this.grownTo = perMs;
      this.roundsWithoutGrowth = 0;
    } else if (!saysNothing) this.roundsWithoutGrowth++;
    return this.roundsWithoutGrowth >= ROUNDS_WITHOUT_GROWTH;
  }
}
