/** Times in ms. */
export interface LeastRoundTripOptions {
  /** A drain begins after the rate has stayed under half of its best for this long. */
  readonly drainAfterMs: number;
  /** So long a drain lasts, and until one round trip has been measured in it. */
  readonly drainMs: number;
  /** What a drain has raised is checked again, at the latest after this long. */
  readonly recheckMs: number;
  /** So long the peer may gather what it has read before it says so. */
  readonly ackIntervalMs: number;
}

interface Drain {
  /** When its first frame left; undefined while what left before is still in flight. */
  begunAt: number | undefined;
  readonly roundTrips: number[];
}

/** A round trip that a drain measured is longer, and not just noisier, beyond this factor and two waits for an acknowledgement. */
const LONGER = 1.25;

/**
 * The path's own round trip, without the queue that this sender makes. Kept for the life of the socket, because whatever is
 * measured while the sender is busy contains its own queue: only a drain, in which there is never more than one frame in
 * flight (even the floor is a queue of 100 ms at 1 Mbit/s), may raise it. What it was raised to may be somebody else's queue,
 * and is checked again, after twice as long each time.
 */
export class LeastRoundTrip {
  private least = Infinity;
  private raisedTo: number | undefined;
  private lowSince: number | undefined;
  private drain: Drain | undefined;
  private check: { readonly at: number; readonly waitMs: number } | undefined;

  constructor(private readonly options: LeastRoundTripOptions) {}

  /** In ms; Infinity until anything is known. */
  get ms(): number {
    return this.raisedTo ?? this.least;
  }

  get isDraining(): boolean {
    return this.drain !== undefined;
  }

  /** Frames leave now. @returns whether they measure the path alone */
  departs(now: number, inFlight: number): boolean {
    if (!this.drain || inFlight > 0) return false;
    this.drain.begunAt ??= now;
    return true;
  }

  /** @param ofPath whether it left while a drain kept the path empty */
  measured(roundTrip: number, ofPath: boolean): void {
    this.least = Math.min(this.least, roundTrip);
    if (ofPath) this.drain?.roundTrips.push(roundTrip);
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
      if (this.isDue(isLow, now)) this.drain = { begunAt: undefined, roundTrips: [] };
      return undefined;
    }
    const { begunAt = Infinity, roundTrips } = drain;
    if (now < begunAt + this.options.drainMs || roundTrips.length === 0) return undefined;
    this.drain = undefined;
    this.lowSince = undefined;
    return this.drained(median(roundTrips), now);
  }

  private isDue(isLow: boolean, now: number): boolean {
    this.lowSince = isLow ? (this.lowSince ?? now) : undefined;
    if (this.check) return now >= this.check.at;
    return this.lowSince !== undefined && now >= this.lowSince + this.options.drainAfterMs;
  }

  /** The usual one counts, not the least: where round trips vary, the least of all is seldom seen again. */
  private drained(usual: number, now: number): 'raised' | 'confirmed' {
    const { ackIntervalMs, drainAfterMs, recheckMs } = this.options;
    const isLonger = (than: number): boolean => usual > than * LONGER + 2 * ackIntervalMs;
    const isRaised = isLonger(this.ms);
    if (isLonger(this.least)) {
      const waitMs = Math.min(recheckMs, isRaised || !this.check ? drainAfterMs : 2 * this.check.waitMs);
      this.check = { at: now + waitMs, waitMs };
      this.raisedTo = usual;
    } else this.check = this.raisedTo = undefined;
    return isRaised ? 'raised' : 'confirmed';
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Infinity;
}
