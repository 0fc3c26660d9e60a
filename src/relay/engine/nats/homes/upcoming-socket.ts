import type { ChannelSocket, SocketReceiver } from '../../../../channel/index.js';
import { CLOSE_CODES } from '../../../../protocol/index.js';

interface Waiting {
  readonly text: string;
  readonly written: (() => void) | undefined;
}

/** A socket that is served already, and opens soon: what is sent waits for that. It may never open. */
export class UpcomingSocket implements ChannelSocket {
  private socket: ChannelSocket | undefined;
  private receiver: SocketReceiver | undefined;
  private waiting: Waiting[] = [];
  private waitingLength = 0;
  private closing: { readonly code: number; readonly reason: string } | undefined;
  private isLost = false;

  get open(): boolean {
    return this.socket ? this.socket.open : !this.closing;
  }

  get bufferedAmount(): number {
    return this.socket ? this.socket.bufferedAmount : this.waitingLength;
  }

  send(text: string, written?: () => void): void {
    if (this.socket) return this.socket.send(text, written);
    if (this.closing) return;
    this.waiting.push({ text, written });
    this.waitingLength += text.length;
  }

  close(code: number, reason = ''): void {
    if (this.socket) return this.socket.close(code, reason);
    this.closing ??= { code, reason };
  }

  terminate(): void {
    if (this.socket) return this.socket.terminate();
    this.close(CLOSE_CODES.ABNORMAL.code);
  }

  receive(receiver: SocketReceiver): void {
    this.receiver = receiver;
    this.socket?.receive(receiver);
    if (this.isLost) receiver.closed(CLOSE_CODES.ABNORMAL.code, '');
  }

  /** It is open. */
  become(socket: ChannelSocket): void {
    this.socket = socket;
    for (const { text, written } of this.taken()) socket.send(text, written);
    if (this.closing?.code === CLOSE_CODES.ABNORMAL.code) socket.terminate();
    else if (this.closing) socket.close(this.closing.code, this.closing.reason);
    if (this.receiver) socket.receive(this.receiver);
  }

  /** It never opens. */
  lost(): void {
    if (this.socket || this.isLost) return;
    this.isLost = true;
    this.terminate();
    for (const { written } of this.taken()) written?.();
    this.receiver?.closed(CLOSE_CODES.ABNORMAL.code, '');
  }

  private taken(): readonly Waiting[] {
    const { waiting } = this;
    this.waiting = [];
    this.waitingLength = 0;
    return waiting;
  }
}
