import type { Clock, Frame } from '../protocol/index.js';
import { ChannelSender, type ChannelSenderOptions } from './channel-sender.js';
import type { ChannelSocket } from './channel-socket.js';
import { type Receipt, Receipts, type ReceiptsOptions, SequenceError } from './receipts.js';

/**
 * One socket between two ends that number their frames (protocol section 5): both numberings, and what is in flight, live and
 * die with it.
 */
export class NumberedSocket {
  /** Made when it is asked for: many a socket never sends anything. */
  private begun: ChannelSender | undefined;
  /** Made for the first frame: many a socket only says that it lives. */
  private begunReceipts: Receipts | undefined;
  private hasEnded = false;

  constructor(
    private readonly socket: ChannelSocket,
    private readonly clock: Clock,
    private readonly options: Omit<ChannelSenderOptions, 'numbered' | 'confirms'>,
    private readonly receiptsOptions?: ReceiptsOptions,
  ) {}

  get sender(): ChannelSender {
    if (this.begun) return this.begun;
    const { socket, clock, options } = this;
    this.begun = new ChannelSender(socket, clock, { ...options, numbered: true, confirms: true });
    if (this.hasEnded) this.begun.end();
    return this.begun;
  }

  /**
   * Takes note of what arrived, other than `ping`, `pong`, `ack` and `listener_ready`.
   *
   * @param seq as the frame says it; undefined when it cannot be read
   * @throws SequenceError when it is not the next number: close the socket
   */
  received(seq: unknown, bytes: number): Receipt {
    return this.receipts.take(seq, bytes);
  }

  /**
   * Takes an `ack`.
   *
   * @throws SequenceError when it says more than was sent, or nothing that can be understood: close the socket
   */
  acknowledged({ seq, safe }: Frame): void {
    const sent = this.begun?.sent ?? 0;
    if (!isCount(seq, sent) || !isCount(safe, seq))
      throw new SequenceError(`Acknowledged ${said(seq)}, safe ${said(safe)}, but ${sent} frames were sent.`);
    this.begun?.confirmThrough(seq, safe);
  }

  /** The socket is closed. */
  end(): void {
    this.hasEnded = true;
    this.begun?.end();
    this.begunReceipts?.end();
  }

  private get receipts(): Receipts {
    if (this.begunReceipts) return this.begunReceipts;
    this.begunReceipts = new Receipts(this.clock, this.socket, this.receiptsOptions);
    if (this.hasEnded) this.begunReceipts.end();
    return this.begunReceipts;
  }
}

/** What a peer wrote where a number belongs. It may be anything: `String` of an object runs what the object calls `toString`. */
function said(value: unknown): string {
  return typeof value === 'number' || typeof value === 'string' ? String(value) : 'no number';
}

function isCount(value: unknown, most: number): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= most;
}
