import type { ChannelSocket, SocketReceiver } from '../../src/channel/index.js';

/** One end of a pair of sockets whose messages arrive when the test says so; what is on its way when they are cut is lost. */
export class SteppedSocket implements ChannelSocket {
  open = true;
  /** What is on its way to this end. */
  private incoming: { readonly text: string; readonly written: (() => void) | undefined }[] = [];
  private peer: SteppedSocket | undefined;
  private receiver: SocketReceiver | undefined;

  static pair(): [SteppedSocket, SteppedSocket] {
    const [a, b] = [new SteppedSocket(), new SteppedSocket()];
    a.peer = b;
    b.peer = a;
    return [a, b];
  }

  get bufferedAmount(): number {
    return this.peer?.incoming.reduce((bytes, { text }) => bytes + text.length, 0) ?? 0;
  }

  send(text: string, written?: () => void): void {
    if (this.open) this.peer?.incoming.push({ text, written });
  }

  /** Hands over up to `count` messages. */
  deliver(count: number): void {
    for (const { text, written } of this.incoming.splice(0, count)) {
      if (!this.open) return;
      this.receiver?.message(text, false);
      written?.();
    }
  }

  close(code: number, reason = ''): void {
    this.end(code, reason);
    this.peer?.end(code, reason);
  }

  terminate(): void {
    this.close(1006);
  }

  receive(receiver: SocketReceiver): void {
    this.receiver = receiver;
  }

  private end(code: number, reason: string): void {
    if (!this.open) return;
    this.open = false;
    this.incoming = [];
    this.receiver?.closed(code, reason);
  }
}
