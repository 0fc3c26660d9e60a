import type { ChannelSocket, SocketReceiver } from './channel-socket.js';
import { FramedTexts } from './framed-texts.js';
import { type PausableSocket, ReadBudget } from './read-budget.js';
import { type SocketObserver, typeOfText } from './socket-observer.js';

/** What a stream of Node's collects between these two leaves in one system call. */
interface ByteStream {
  cork(): void;
  uncork(): void;
  write(bytes: Uint8Array, callback: () => void): unknown;
}

interface Bytes {
  toString(encoding: 'utf8'): string;
}

/** One listener of each event serves all sockets, and finds by this whose it was called for: thousands of them are idle. */
const OWNER = Symbol('owner');

/** The part of npm `ws` that is used here; typed by shape so that this room needs no package. */
export interface WsLike extends PausableSocket {
  readonly readyState: number;
  readonly bufferedAmount: number;
  /** What was negotiated, such as compression. */
  readonly extensions?: string;
  /** The stream beneath, where the implementation shows it: without it every frame is a system call of its own. */
  readonly _socket?: Partial<ByteStream> | null;
  send(data: string, callback?: (error?: Error | null) => void): void;
  close(code: number, reason?: string): void;
  terminate(): void;
  on(event: 'message', listener: (this: WsLike, data: Bytes, isBinary: boolean) => void): unknown;
  on(event: 'close', listener: (this: WsLike, code: number, reason: Bytes) => void): unknown;
  on(event: 'error', listener: (this: WsLike, error: Error) => void): unknown;
  /** Whose it is. */
  [OWNER]?: WsSocket;
}

const OPEN = 1;
/** The socket broke without a close from its peer. */
const ABNORMAL = 1006;
/** With what npm `ws` closes where a peer breaks the rules of WebSockets; then it tells nobody but the peer. */
const CLOSED_FOR: Readonly<Record<string, number>> = {
  WS_ERR_UNSUPPORTED_MESSAGE_LENGTH: 1009,
  WS_ERR_INVALID_UTF8: 1007,
};
const PROTOCOL_ERROR = 1002;
/** Read of a socket before anybody takes it (UTF-16 units of the messages); the rest is left with the peer. */
const EARLY_UNITS = 64 * 1024;
/** Bytes of UTF-8 that a close reason may have (RFC 6455, 5.5). */
const MAX_REASON_BYTES = 123;

/** Which end of a WebSocket this is: only a client masks what it sends. */
export type WsRole = 'client' | 'server';

/** A channel socket over a socket of npm `ws` that is open already. What is sent in one go leaves in one go, when that is over. */
export class WsSocket implements ChannelSocket {
  private receiver: SocketReceiver | undefined;
  /** What came before there was a receiver. */
  private early: ((receiver: SocketReceiver) => void)[] | undefined;
  /** How much that is (UTF-16 units of the messages). */
  private earlyUnits = 0;
  private corked = false;
  /** Where nothing has to be done to the messages, they are framed here; else by `ws`, one by one. */
  private readonly frames: boolean;
  /** What waits for the end of this turn; a socket that is idle has none. */
  private framed: FramedTexts | undefined;
  /** Who waits for what is framed to leave. */
  private leaving: (() => void)[] | undefined;
  private readonly budget: ReadBudget;
  /** What the peer was told first, by us or by `ws` itself: for the observer, where the peer does not say it back. */
  private closedWith: number | undefined;

  /** @param batchBytes what is sent in one go may share messages of up to so many bytes, where they are framed here; 0: never */
  constructor(
    private readonly ws: WsLike,
    private readonly observer?: SocketObserver,
    role: WsRole = 'client',
    private readonly batchBytes = 0,
  ) {
    this.frames = role === 'server' && !ws.extensions && ws._socket?.write !== undefined;
    this.budget = new ReadBudget(ws);
    observer?.opened(ws);
    ws[OWNER] = this;
    ws.on('message', onMessage);
    ws.on('close', onClose);
    ws.on('error', onError);
  }

  get open(): boolean {
    return this.ws.readyState === OPEN;
  }

  get bufferedAmount(): number {
    return this.ws.bufferedAmount + (this.framed?.bytes ?? 0);
  }

  send(text: string, written?: () => void): void {
    if (!this.open) return;
    this.observer?.sent(typeOfText(text), text.length);
    if (!this.frames) {
      this.cork();
      return this.ws.send(text, written);
    }
    if (!this.framed) {
      this.framed = new FramedTexts(this.batchBytes);
      queueMicrotask(() => this.flush());
    }
    this.framed.add(text);
    if (written) (this.leaving ??= []).push(written);
  }

  close(code: number, reason = ''): void {
    this.flush();
    // Its peer's close is to be read.
    this.budget.letGo();
    this.closedWith ??= code;
    this.ws.close(code, clipReason(reason));
  }

  terminate(): void {
    this.ws.terminate();
  }

  /** For its listeners: a message has come. */
  message(text: string, isBinary: boolean): void {
    this.observer?.received(typeOfText(text), text.length);
    this.budget.count(text.length);
    if (!this.receiver) this.countEarly(text.length);
    this.hand((receiver) => receiver.message(text, isBinary));
  }

  /** For its listeners: it has closed. */
  closed(code: number, reason: string): void {
    this.observer?.closed(code === ABNORMAL ? (this.closedWith ?? code) : code);
    this.hand((receiver) => receiver.closed(code, reason));
  }

  /** For its listeners. `close` follows every error; it says 1006 also where the peer was told better. */
  failed(error: Error): void {
    const name = 'code' in error ? String(error.code) : '';
    if (name.startsWith('WS_ERR_')) this.closedWith ??= CLOSED_FOR[name] ?? PROTOCOL_ERROR;
  }

  receive(receiver: SocketReceiver): void {
    this.receiver = receiver;
    const { early = [] } = this;
    this.early = undefined;
    this.budget.letGo();
    for (const handOver of early) handOver(receiver);
  }

  /** Who is to take it may be far: what a peer sends meanwhile must not collect here. */
  private countEarly(units: number): void {
    this.earlyUnits += units;
    if (this.open && this.earlyUnits > EARLY_UNITS) this.budget.hold();
  }

  private flush(): void {
    if (!this.framed) return;
    const bytes = this.framed.take();
    const { leaving = [] } = this;
    this.framed = undefined;
    this.leaving = undefined;
    const left = (): void => {
      for (const written of leaving) written();
    };
    // The peer may have begun to close meanwhile: nothing may follow that.
    if (this.open) this.ws._socket?.write?.(bytes, left);
    else left();
  }

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
    else (this.early ??= []).push(event);
  }
}

function onMessage(this: WsLike, data: Bytes, isBinary: boolean): void {
  this[OWNER]?.message(isBinary ? '' : data.toString('utf8'), isBinary);
}

function onClose(this: WsLike, code: number, reason: Bytes): void {
  this[OWNER]?.closed(code, reason.toString('utf8'));
}

function onError(this: WsLike, error: Error): void {
  this[OWNER]?.failed(error);
}

function clipReason(reason: string): string {
  const bytes = new TextEncoder().encode(reason);
  if (bytes.length <= MAX_REASON_BYTES) return reason;
  return new TextDecoder().decode(bytes.subarray(0, MAX_REASON_BYTES)).replace(/\uFFFD+$/, '');
}
