import { SparseMap, type Clock, type Timer } from '../../protocol/index.js';

export interface EventOrderLimits {
  /** How long an item ahead of its turn waits, in ms. */
  readonly waitMs: number;
  readonly maxWaiting: number;
  readonly maxWaitingBytes: number;
}

export interface OrderedSink<T> {
  /** In rising order, each number at most once. */
  deliver(item: T, number: number): void;
  /** These numbers did not come in time; never called for what is below the first number. */
  skipped(from: number, to: number): void;
  /** A number whose turn is over, or that waits already. */
  late(item: T, number: number): void;
  /** Bytes of an item that has to wait. */
  sizeOf(item: T): number;
}

interface Waiting<T> {
  readonly item: T;
  readonly bytes: number;
  readonly since: number;
}

/**
 * Restores the order of numbered items that come over several sockets: an item ahead of its turn waits for those before
 * it, for a while (protocol section 4).
 */
export class EventOrder<T> {
  /** In order of arrival. */
  private readonly waiting = new SparseMap<number, Waiting<T>>();
  private waitingBytes = 0;
  private timer: Timer | undefined;

  /** @param expected the first number; undefined: decided by what comes */
  constructor(
    private readonly clock: Clock,
    private readonly limits: EventOrderLimits,
    private readonly sink: OrderedSink<T>,
    private expected?: number,
  ) {}

  /** @param begins whether this number is the first one, where that is still open */
  add(number: number, item: T, begins = false): void {
    const isLate = this.expected !== undefined && number < this.expected;
    if (isLate || this.waiting.has(number)) return this.sink.late(item, number);
    if (number === this.expected && this.waiting.size === 0) return this.deliver(number, item);
    this.hold(number, item);
    if (this.expected === undefined && begins) this.releaseThrough(number);
    else this.releaseReady();
    while (this.waiting.size > this.limits.maxWaiting || this.waitingBytes > this.limits.maxWaitingBytes)
      this.releaseThrough(Math.min(...this.waiting.keys()));
    this.watch();
  }

  /** Waits for nothing any more: hands on what is there. */
  flush(): void {
    if (this.waiting.size > 0) this.releaseThrough(Math.max(...this.waiting.keys()));
    this.watch();
  }

  /** Another numbering begins, with whatever number comes. */
  restart(): void {
    this.flush();
    this.expected = undefined;
  }

  private releaseReady(): void {
    while (this.expected !== undefined && this.waiting.has(this.expected)) this.take(this.expected);
  }

  private releaseThrough(last: number): void {
    const due = [...this.waiting.keys()].filter((number) => number <= last).toSorted((a, b) => a - b);
    for (const number of due) {
      const expected = this.expected ?? number;
      if (number > expected) this.sink.skipped(expected, number - 1);
      this.take(number);
    }
    this.releaseReady();
  }

  private hold(number: number, item: T): void {
    const bytes = this.sink.sizeOf(item);
    this.waiting.set(number, { item, bytes, since: this.clock.now() });
    this.waitingBytes += bytes;
  }

  private take(number: number): void {
    const entry = this.waiting.get(number);
    if (!entry) return;
    this.waiting.delete(number);
    this.waitingBytes -= entry.bytes;
    this.deliver(number, entry.item);
  }

  private deliver(number: number, item: T): void {
    this.expected = number + 1;
    this.sink.deliver(item, number);
  }

  /** One timer, for whoever waits longest. */
  private watch(): void {
    this.timer?.cancel();
    this.timer = undefined;
    const [oldest] = this.waiting;
    if (!oldest) return;
    const [number, { since }] = oldest;
    this.timer = this.clock.after(since + this.limits.waitMs - this.clock.now(), () => {
      this.releaseThrough(number);
      this.watch();
    });
  }
}
