import { type ChannelSocket, type PausableSocket, ReadBudget, type SocketReceiver } from '../channel/index.js';

/** The part of the WebSocket interface that browsers and npm `ws` share. */
export interface WebSocketLike {
  readonly readyState: number;
  readonly bufferedAmount: number;
  /** Sends one text message. */
  send(data: string): void;
  /** Closes it; what waits is still sent. */
  close(code?: number, reason?: string): void;
  /** It is open. */
  addEventListener(type: 'open', listener: () => void): void;
  /** A message came; `data` is text, or else it is binary. */
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void;
  /** It is closed, for good. */
  addEventListener(type: 'close', listener: (event: { readonly code: number; readonly reason: string }) => void): void;
  /** It could not be opened, or broke; `close` follows. */
  addEventListener(type: 'error', listener: (event: object) => void): void;
}

/** An implementation of WebSocket: the browser's, Node's, or npm `ws`. */
export interface WebSocketConstructor {
  new (url: string, protocols?: string[], options?: { headers: Record<string, string> }): WebSocketLike;
}

/** What npm `ws` has beyond the shared interface. */
export interface NodeSocket extends WebSocketLike, PausableSocket {
  terminate(): void;
  on(event: 'unexpected-response', listener: (request: { destroy(): void }, response: NodeResponse) => void): unknown;
}

export interface NodeResponse extends AsyncIterable<Uint8Array> {
  readonly statusCode?: number | undefined;
  readonly headers: { readonly 'retry-after'?: string | undefined };
}

/** Whether sockets of this implementation are those of npm `ws`: headers, `terminate`, and a word about refused upgrades. */
export function isNodeImplementation(implementation: WebSocketConstructor): boolean {
  return 'terminate' in (implementation.prototype as object);
}

export function isNodeSocket(socket: WebSocketLike): socket is NodeSocket {
  return 'terminate' in socket;
}

const OPEN = 1;
/** Browsers let a page close with this code, or with one from 3000 on. */
const NORMAL = 1000;
const FIRST_FREE_CODE = 3000;

/** A channel socket over any WebSocket with the browser's interface. */
export class WebSocketChannel implements ChannelSocket {
  /** Messages that were given to the socket. */
  sent = 0;
  private receiver: SocketReceiver | undefined;
  private early: ((receiver: SocketReceiver) => void)[] = [];

  constructor(private readonly socket: WebSocketLike) {
    // A browser reads each message in a turn of its own.
    const budget = isNodeSocket(socket) ? new ReadBudget(socket) : undefined;
    socket.addEventListener('message', ({ data }) => {
      const isBinary = typeof data !== 'string';
      if (!isBinary) budget?.count(data.length);
      this.hand((receiver) => receiver.message(isBinary ? '' : data, isBinary));
    });
    socket.addEventListener('close', ({ code, reason }) => this.hand((receiver) => receiver.closed(code, reason)));
  }

  get open(): boolean {
    return this.socket.readyState === OPEN;
  }

  get bufferedAmount(): number {
    return this.socket.bufferedAmount;
  }

  send(text: string, written?: () => void): void {
    if (this.open) {
      this.socket.send(text);
      this.sent++;
    }
    if (written) queueMicrotask(written);
  }

  close(code: number, reason = ''): void {
    this.socket.close(code === NORMAL || code >= FIRST_FREE_CODE ? code : NORMAL, reason);
  }

  terminate(): void {
    if (isNodeSocket(this.socket)) this.socket.terminate();
    else this.socket.close();
  }

  receive(receiver: SocketReceiver): void {
    this.receiver = receiver;
    for (const handOver of this.early.splice(0)) handOver(receiver);
  }

  private hand(event: (receiver: SocketReceiver) => void): void {
    if (this.receiver) event(this.receiver);
    else this.early.push(event);
  }
}
