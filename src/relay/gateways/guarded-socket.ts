import type { ChannelSocket, SocketReceiver } from '../../channel/index.js';
import { CLOSE_CODES } from '../../protocol/index.js';

/**
 * A socket whose receiver may throw: what escapes from an event handler would end the process, so it closes this socket
 * with 1011 instead (reliability C29).
 */
export class GuardedSocket implements ChannelSocket, SocketReceiver {
  private receiver: SocketReceiver | undefined;

  constructor(
    private readonly socket: ChannelSocket,
    private readonly failed: (error: unknown) => void,
  ) {}

  get open(): boolean {
    return this.socket.open;
  }

  get bufferedAmount(): number {
    return this.socket.bufferedAmount;
  }

  send(text: string, written?: () => void): void {
    this.socket.send(text, written && (() => this.guard(written)));
  }

  close(code: number, reason?: string): void {
    this.socket.close(code, reason);
  }

  terminate(): void {
    this.socket.terminate();
  }

  receive(receiver: SocketReceiver): void {
    this.receiver = receiver;
    this.socket.receive(this);
  }

  message(text: string, isBinary: boolean): void {
    try {
      this.receiver?.message(text, isBinary);
    } catch (error) {
      this.fail(error);
    }
  }

  closed(code: number, reason: string): void {
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
    this.socket.close(CLOSE_CODES.ERROR.code, 'The relay failed on this socket; its log has the cause.');
  }
}
