import type { ChannelSocket, SocketReceiver } from '../../src/channel/index.js';

/** One end of a pair of sockets in memory: messages arrive in order, a microtask later. */
export class MemorySocket implements ChannelSocket {
  open = true;
  bufferedAmount = 0;
  readonly sent: string[] = [];
  closedWith: { code: number; reason: string } | undefined;
  /** While held, what is sent stays in the buffer and reaches nobody. */
  held = false;
  private readonly waiting: { text: string; written: (() => void) | undefined }[] = [];
  private peer: MemorySocket | undefined;
  private receiver: SocketReceiver | undefined;
  private early: ((receiver: SocketReceiver) => void)[] = [];

  static pair(): [MemorySocket, MemorySocket] {
    const [a, b] = [new MemorySocket(), new MemorySocket()];
    a.peer = b;
    b.peer = a;
    return [a, b];
  }

  send(text: string, written?: () => void): void {
    if (!this.open) return;
    this.sent.push(text);
    this.bufferedAmount += text.length;
    this.waiting.push({ text, written });
    if (!this.held) queueMicrotask(() => this.flush());
  }

  /** The frames sent so far, parsed. */
  frames(): Record<string, unknown>[] {
    return this.sent.map((text) => JSON.parse(text) as Record<string, unknown>);
  }

  release(): void {
    this.held = false;
    this.flush();
  }

  close(code: number, reason = ''): void {
    if (!this.open) return;
    this.end(code, reason);
    queueMicrotask(() => this.peer?.end(code, reason));
  }

  terminate(): void {
    if (!this.open) return;
    this.end(1006, '');
    queueMicrotask(() => this.peer?.end(1006, ''));
  }

  receive(receiver: SocketReceiver): void {
    this.receiver = receiver;
    for (const handOver of this.early.splice(0)) handOver(receiver);
  }

  private flush(): void {
    if (this.held) return;
    for (const { text, written } of this.waiting.splice(0)) {
      this.bufferedAmount -= text.length;
      this.peer?.hand((receiver) => receiver.message(text, false));
      written?.();
    }
  }

  private end(code: number, reason: string): void {
    if (!this.open) return;
    this.open = false;
    this.closedWith = { code, reason };
    this.hand((receiver) => receiver.closed(code, reason));
  }

  private hand(event: (receiver: SocketReceiver) => void): void {
    if (this.receiver) event(this.receiver);
    else this.early.push(event);
  }
}
