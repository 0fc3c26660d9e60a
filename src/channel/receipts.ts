import { encodeFrame, type Clock, type Timer } from '../protocol/index.js';
import type { ChannelSocket } from './channel-socket.js';

/** When what arrived is acknowledged (protocol section 5). Times in ms, sizes in UTF-16 units of the messages. */
export interface ReceiptsOptions {
  /** After the first unacknowledged frame. */
  readonly ackAfterMs: number;
  /** With this much unacknowledged at once. */
  readonly ackBytes: number;
  /** With more than this read but not safe, nothing is acknowledged until it is less. */
  readonly maxUnsafeBytes: number;
}

export const RECEIPT_DEFAULTS: ReceiptsOptions = {
  ackAfterMs: 5,
  ackBytes: 32 * 1024,
  maxUnsafeBytes: 4 * 1024 * 1024,
};

/** One frame that was read. */
export interface Receipt {
  /** Somebody is responsible for it now: the sender need not keep it. Once; in any order of frames. */
  safe(): void;
}

/** Safe receipts that are kept at most. */
const FORGET_AT_ONCE = 256;

class Unsafe implements Receipt {
  isSafe = false;

  constructor(
    readonly seq: number,
    readonly bytes: number,
    private readonly receipts: Receipts,
  ) {}

  safe(): void {
    if (this.isSafe) return;
    this.isSafe = true;
    this.receipts.becameSafe();
  }
}

/** A frame whose number is not the next one of its socket. */
export class SequenceError extends Error {
  override readonly name = 'SequenceError';
}

/**
 * Acknowledges what arrives on one socket with two numbers: how far it was read, which drives the sender's window, and how far
 * this side is responsible for it. Reading never waits for a disk; being safe may.
 */
export class Receipts {
  /** Read, in order; those before `firstUnsafe` are safe and go in batches, because taking one from the front moves all others. */
  private readonly receipts: Unsafe[] = [];
  private firstUnsafe = 0;
  private unsafeBytes = 0;
  private read = 0;
  private safe = 0;
  private unacknowledgedBytes = 0;
  private hasNews = false;
  private timer: Timer | undefined;
  private hasEnded = false;

  /** @param socket the frames came on: there they are acknowledged */
  constructor(
    private readonly clock: Clock,
    private readonly socket: Pick<ChannelSocket, 'send'>,
    private readonly options: ReceiptsOptions = RECEIPT_DEFAULTS,
  ) {}

  /**
   * Takes note of a frame.
   *
   * @param seq what the frame says; a frame too broken to say it counts all the same
   * @throws SequenceError when it is not the next number
   */
  take(seq: unknown, bytes: number): Receipt {
    const expected = this.read + 1;
    if (seq !== undefined && seq !== expected)
      throw new SequenceError(`A frame has seq ${JSON.stringify(seq)}, but ${expected} was to come.`);
    this.read = expected;
    this.unacknowledgedBytes += bytes;
    this.unsafeBytes += bytes;
    const receipt = new Unsafe(expected, bytes, this);
    this.receipts.push(receipt);
    this.news();
    return receipt;
  }

  /** The socket is closed: its numbers go with it. */
  end(): void {
    this.hasEnded = true;
    this.timer?.cancel();
  }

  /** One of them has become safe. */
  becameSafe(): void {
    if (this.hasEnded) return;
    const before = this.firstUnsafe;
    for (let next = this.receipts[before]; next?.isSafe; next = this.receipts[++this.firstUnsafe]) {
      this.unsafeBytes -= next.bytes;
      this.safe = next.seq;
    }
    if (this.firstUnsafe === before) return;
    this.forget();
    this.news();
  }

  private forget(): void {
    if (this.firstUnsafe < FORGET_AT_ONCE && this.firstUnsafe < this.receipts.length) return;
    // With none left, emptying it also gives its store back.
    if (this.firstUnsafe === this.receipts.length) this.receipts.length = 0;
    else this.receipts.splice(0, this.firstUnsafe);
    this.firstUnsafe = 0;
  }

  private news(): void {
    this.hasNews = true;
    const { ackBytes, ackAfterMs } = this.options;
    if (this.unacknowledgedBytes >= ackBytes) this.acknowledge();
    else
      this.timer ??= this.clock.after(ackAfterMs, () => {
        this.timer = undefined;
        this.acknowledge();
      });
  }

  private acknowledge(): void {
    if (!this.hasNews || this.hasEnded || this.unsafeBytes > this.options.maxUnsafeBytes) return;
    this.hasNews = false;
    this.unacknowledgedBytes = 0;
    this.timer?.cancel();
    this.timer = undefined;
    this.socket.send(encodeFrame({ type: 'ack', seq: this.read, safe: this.safe }));
  }
}
