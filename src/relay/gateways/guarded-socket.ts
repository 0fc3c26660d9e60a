import type { ChannelSocket, SocketReceiver } from '../../channel/index.js';
import { CLOSE_CODES, type Clock } from '../../protocol/index.js';

/** A socket that was cut has this long to say goodbye, in ms. */
export const CUT_GRACE_MS = 2_000;

/**
 * A socket whose receiver may throw: what escapes from an event handler would end the process, so it closes this socket
 * with 1011 instead (reliability C29).
 */
export abstract class GuardedSocket implements ChannelSocket, SocketReceiver {
  private receiver: SocketReceiver | undefined;
  private isCut = false;
  private hasClosed = false;
  /** Told that a socket which was cut has closed. */
  private heard: (() => void) | undefined;
  /** Messages of the peer so far. */
  protected messages = 0;

  constructor(private readonly socket: ChannelSocket) {}

  /** Something threw. */
  protected abstract failed(error: unknown): void;

  /** It has closed or is being closed; perhaps said more than once. */
  protected abstract left(): void;

  /** Takes messages that are between the peer and this socket alone; the receiver does not see them. */
  protected abstract takes(text: string): boolean;

  get open(): boolean {
    return !this.isCut && this.socket.open;
  }

  get bufferedAmount(): number {
    return this.socket.bufferedAmount;
  }

  send(text: string, written?: () => void): void {
    if (!this.isCut) this.socket.send(text, written && (() => this.guard(written)));
  }

  close(code: number, reason?: string): void {
    if (this.isCut) return;
    this.left();
    this.socket.close(code, reason);
  }

  /**
   * Closes it, and counts it as closed at once: whether its peer answers or not, nothing that it sends is heard any more. Sockets that
   * belong together are cut in one go, and hear of each other after that.
   *
   * @returns resolves when its peer, or the node where the peer is, has been told; after `CUT_GRACE_MS` at the latest
   */
  cut(code: number, reason: string, clock: Clock): Promise<void> {
    if (this.isCut || this.hasClosed) return Promise.resolve();
    const heard = new Promise<void>((resolve) => (this.heard = resolve));
    this.socket.close(code, reason);
    this.isCut = true;
    clock.after(CUT_GRACE_MS, () => {
      this.socket.terminate();
      this.heard?.();
    });
    queueMicrotask(() => {
      this.left();
      this.guard(() => this.receiver?.closed(code, reason));
    });
    return heard;
  }

  terminate(): void {
    this.left();
    this.socket.terminate();
  }

  receive(receiver: SocketReceiver): void {
    this.receiver = receiver;
    if (!this.isCut) this.socket.receive(this);
  }

  message(text: string, isBinary: boolean): void {
    if (this.isCut) return;
    this.messages++;
    try {
      if (isBinary || !this.takes(text)) this.receiver?.message(text, isBinary);
    } catch (error) {
      this.fail(error);
    }
  }

  closed(code: number, reason: string): void {
    this.hasClosed = true;
    this.heard?.();
    if (this.isCut) return;
    this.left();
    this.guard(() => this.receiver?.closed(code, reason));
  }

  /** Runs what may throw. */
  guard(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.fail(error);
    }
  }

  private fail(error: unknown): void {
    this.failed(error);
    this.close(CLOSE_CODES.ERROR.code, 'The relay failed on this socket; its log has the cause.');
  }
}
