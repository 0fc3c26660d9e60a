import type { ChannelSocket, SocketReceiver } from './channel-socket.js';
import { type SocketObserver, typeOfText } from './socket-observer.js';

/** What a stream of Node's collects between these two leaves in one system call. */
interface Corkable {
  cork(): void;
  uncork(): void;
}

/** The part of npm `ws` that is used here; typed by shape so that this room needs no package. */
export interface WsLike {
  readonly readyState: number;
  readonly bufferedAmount: number;
  /** The stream beneath, where the implementation shows it: without it every frame is a system call of its own. */
  readonly _socket?: Partial<Corkable> | null;
  send(data: string, callback?: (error?: Error | null) => void): void;
  close(code: number, reason?: string): void;
  terminate(): void;
  on(event: 'message', listener: (data: { toString(encoding: 'utf8'): string }, isBinary: boolean) => void): unknown;
  on(event: 'close', listener: (code: number, reason: { toString(encoding: 'utf8'): string }) => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
}

const OPEN = 1;
/** Bytes of UTF-8 that a close reason may have (RFC 6455, 5.5). */
const MAX_REASON_BYTES = 123;

/** A channel socket over a socket of npm `ws` that is open already. */
export class WsSocket implements ChannelSocket {
  private receiver: SocketReceiver | undefined;
  private early: ((receiver: SocketReceiver) => void)[] = [];
  private corked = false;

  constructor(
    private readonly ws: WsLike,
    private readonly observer?: SocketObserver,
  ) {
    observer?.opened(ws);
    ws.on('message', (data, isBinary) => {
      const text = isBinary ? '' : data.toString('utf8');
      observer?.received(typeOfText(text), text.length);
      this.hand((receiver) => receiver.message(text, isBinary));
    });
    ws.on('close', (code, reason) => {
      const text = reason.toString('utf8');
      observer?.closed(code);
      this.hand((receiver) => receiver.closed(code, text));
    });
    ws.on('error', () => {
      // `close` follows every error with the code that matters.
    });
  }

  get open(): boolean {
    return this.ws.readyState === OPEN;
  }

  get bufferedAmount(): number {
    return this.ws.bufferedAmount;
  }

  send(text: string, written?: () => void): void {
    if (!this.open) return;
    this.observer?.sent(typeOfText(text), text.length);
    this.cork();
    this.ws.send(text, written);
  }

  close(code: number, reason = ''): void {
    this.ws.close(code, clipReason(reason));
  }

  terminate(): void {
    this.ws.terminate();
  }

  receive(receiver: SocketReceiver): void {
    this.receiver = receiver;
    for (const handOver of this.early.splice(0)) handOver(receiver);
  }

  /** What is sent in one go leaves in one go, when that is over. */
  private cork(): void {
    const stream = this.ws._socket;
    if (this.corked || !stream?.cork || !stream.uncork) return;
    const { uncork } = stream;
    this.corked = true;
    stream.cork();
    queueMicrotask(() => {
      this.corked = false;
      uncork.call(stream);
    });
  }

  private hand(event: (receiver: SocketReceiver) => void): void {
    if (this.receiver) event(this.receiver);
    else this.early.push(event);
  }
}

function clipReason(reason: string): string {
  const bytes = new TextEncoder().encode(reason);
  if (bytes.length <= MAX_REASON_BYTES) return reason;
  return new TextDecoder().decode(bytes.subarray(0, MAX_REASON_BYTES)).replace(/\uFFFD+$/, '');
}
