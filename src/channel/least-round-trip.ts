/** Times in ms. */
export interface LeastRoundTripOptions {
  /** A drain begins after the rate has stayed under half of its best for this long. */
  readonly drainAfterMs: number;
  /** So long a drain keeps what is in flight at the floor. */
  readonly drainMs: number;
  /** A round trip counts as longer than another only beyond this: acknowledgements wait. */
  readonly ackIntervalMs: number;
}

interface Drain {
  /** When the first frame left with hardly anything in flight before it. */
  begunAt: number | undefined;
  least: number;
}

/** Beyond this factor (and the ack interval) a round trip that a drain measured is longer, not just noisier. */
const LONGER = 1.25;

/**
 * The path's own round trip, without the queue that this sender makes. Kept for the life of the socket, because in whatever
 * is measured while the sender is busy its own queue is contained: only a drain, in which hardly anything is in flight, may
 * raise it. What a drain has raised may be somebody else's queue, and is checked again, after twice as long each time.
 */
export class LeastRoundTrip {
  private least = Infinity;
  private leastEver = Infinity;
  private lowSince: number | undefined;
  private drain: Drain | undefined;
  private check: { readonly at: number; readonly waitMs: number } | undefined;

  constructor(private readonly options: LeastRoundTripOptions) {}

  /** In ms; Infinity until anything is known. */
  get ms(): number {
    return this.least;
  }

  get isDraining(): boolean {
    return this.drain !== undefined;
  }

  /** Frames leave now. @returns whether they measure the path alone */
  departs(now: number): boolean {
    if (!this.drain) return false;
    this.drain.begunAt ??= now;
    return true;
  }

  /** @param ofPath whether it left while a drain kept the path empty */
  measured(roundTrip: number, ofPath: boolean): void {
    this.leastEver = Math.min(this.leastEver, roundTrip);
    this.least = Math.min(this.least, roundTrip);
    if (ofPath && this.drain) this.drain.least = Math.min(this.drain.least, roundTrip);
  }

  /**
   * Begins and ends drains.
   *
   * @param isLow whether the rate is under half of its best
   * @returns what a drain that has ended found; undefined when none has
   */
  look(isLow: boolean, now: number): 'raised' | 'confirmed' | undefined {
    const { drain } = this;
    if (!drain) {
      if (this.isDue(isLow, now)) this.drain = { begunAt: undefined, least: Infinity };
      return undefined;
    }
    if (drain.begunAt === undefined || now < drain.begunAt + this.options.drainMs || drain.least === Infinity)
      return undefined;
    this.drain = undefined;
    this.lowSince = undefined;
    return this.drained(drain.least, now);
  }

  private isDue(isLow: boolean, now: number): boolean {
    this.lowSince = isLow ? (this.lowSince ?? now) : undefined;
    if (this.check) return now >= this.check.at;
    return this.lowSince !== undefined && now >= this.lowSince + this.options.drainAfterMs;
  }

  private drained(least: number, now: number): 'raised' | 'confirmed' {
    const { ackIntervalMs, drainAfterMs } = this.options;
    const isLonger = (than: number): boolean => least > than * LONGER + ackIntervalMs;
    const isRaised = isLonger(this.least);
    if (isLonger(this.leastEver)) {
      const waitMs = isRaised || !this.check ? drainAfterMs : this.check.waitMs * 2;
      this.check = { at: now + waitMs, waitMs };
      this.least = least;
    } else {
      this.check = undefined;
      this.least = this.leastEver;
    }
    return isRaised ? 'raised' : 'confirmed';
  }
}
