/** What was known when frames were given to the socket; those of one burst share it. Times in ms. */
export interface Departure {
  readonly at: number;
  /** Bytes that had been read by then. */
  readonly delivered: number;
  /** When the newest of them were acknowledged. */
  readonly deliveredAt: number;
  /** When the newest of them had left. */
  readonly precededAt: number;
  /** Whether it left in a drain, with nothing in flight before it. */
  readonly ofPath: boolean;
  /** What it tells of the rate is a lower bound only: the sender could have sent more. */
  isLimited: boolean;
}

interface Maximum {
  /** On the clock that runs while the sender has something to send. */
  readonly busyAt: number;
  readonly rate: number;
}

/** Where a sample begins. */
interface SampleStart {
  readonly at: number;
  readonly sentAt: number;
  readonly delivered: number;
  isLimited: boolean;
}

/**
 * How many bytes per ms the peer reads: the best of the newest samples. One sample spans from the acknowledgement after which
 * a frame left to the one that covers it, or, where that is longer, the time between their sends: neither acknowledgements
 * that arrive in one heap nor frames that leave in one burst make it larger than it is. Round trips shorter than the least
 * time of a sample share one: a peer with other work too reads in bursts, and would be taken to read as fast as in those.
 * Samples of a sender that had nothing to send never lower it.
 */
export class DeliveryRate {
  private maxima: Maximum[] = [];
  private best = 0;
  private busy = 0;
  private sent = 0;
  private deliveredBytes = 0;
  private deliveredAt = 0;
  private precededAt = 0;
  /** What left up to here was limited by its source. */
  private limitedThrough = 0;
  private latest: Departure | undefined;
  private sample: SampleStart | undefined;
  private sampleCount = 0;
  private isSampleLimited = false;

  /** @param leastSampleMs what a sample spans at least */
  constructor(private readonly leastSampleMs: number) {}

  /** Bytes per ms; 0 until anything is known. */
  get perMs(): number {
    return this.maxima[0]?.rate ?? 0;
  }

  /** The highest rate so far, or since it was forgotten. */
  get bestPerMs(): number {
    return this.best;
  }

  /** How many samples were taken. */
  get samples(): number {
    return this.sampleCount;
  }

  /** Whether the newest sample counts only where it says that the rate is higher: the sender had nothing to send for a while. */
  get isLimited(): boolean {
    return this.isSampleLimited;
  }

  /** Bytes that have been read. */
  get delivered(): number {
    return this.deliveredBytes;
  }

  get inFlight(): number {
    return this.sent - this.deliveredBytes;
  }

  /** Frames leave now. */
  depart(bytes: number, now: number, ofPath: boolean): Departure {
    if (this.inFlight === 0) this.deliveredAt = this.precededAt = now;
    this.sent += bytes;
    const { delivered, deliveredAt, precededAt, latest } = this;
    if (latest?.at === now && latest.deliveredAt === deliveredAt && latest.ofPath === ofPath) return latest;
    const isLimited = ofPath || delivered < this.limitedThrough;
    return (this.latest = { at: now, delivered, deliveredAt, precededAt, ofPath, isLimited });
  }

  /** There is nothing to send, though there would be room. */
  starved(): void {
    this.limitedThrough = this.sent;
    if (this.latest) this.latest.isLimited = true;
    // What left last was read already, and told the sample nothing of this.
    if (this.sample && this.inFlight === 0) this.sample.isLimited = true;
  }

  /**
   * The peer has read so many bytes more.
   *
   * @param newest of the newest frame among them
   * @param memoryMs how long a sample counts
   */
  read(bytes: number, newest: Departure, now: number, memoryMs: number): void {
    const sinceAck = now - this.deliveredAt;
    this.deliveredBytes += bytes;
    this.deliveredAt = now;
    this.precededAt = newest.at;
    if (!newest.isLimited) this.busy += sinceAck;
    const start = this.startOf(newest);
    const span = Math.max(newest.at - start.sentAt, now - start.at);
    if (span <= 0 || span < this.leastSampleMs) return;
    this.sample = undefined;
    const rate = (this.delivered - start.delivered) / span;
    this.sampleCount++;
    this.isSampleLimited = start.isLimited;
    if (start.isLimited && rate <= this.perMs) return;
    this.add(rate, memoryMs);
  }

  private startOf({ delivered, deliveredAt, precededAt, isLimited }: Departure): SampleStart {
    // Time in which nothing was in flight follows what was limited, and so makes the sample a limited one (see `starved`).
    if (this.sample) this.sample.isLimited ||= isLimited;
    else this.sample = { at: deliveredAt, sentAt: precededAt, delivered, isLimited };
    return this.sample;
  }

  /** So many bytes are not waited for any more. */
  forget(bytes: number): void {
    this.deliveredBytes += bytes;
  }

  /** The best so far says nothing any more. */
  forgetBest(): void {
    this.best = this.perMs;
  }

  private add(rate: number, memoryMs: number): void {
    this.best = Math.max(this.best, rate);
    while ((this.maxima.at(-1)?.rate ?? Infinity) <= rate) this.maxima.pop();
    this.maxima.push({ busyAt: this.busy, rate });
    while ((this.maxima[0]?.busyAt ?? Infinity) < this.busy - memoryMs) this.maxima.shift();
  }
}
