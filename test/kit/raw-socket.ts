import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import net from 'node:net';
import { WebSocket } from 'ws';
import type { Frame } from '../../src/protocol/index.js';

export interface Closed {
  readonly code: number;
  readonly reason: string;
}

export interface DialOptions {
  /** Bearer token of the upgrade. */
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Dials without waiting; for upgrades that are to be refused. */
export function dial(url: string, { token, headers = {} }: DialOptions = {}): WebSocket {
  return new WebSocket(url, {
    headers: { ...(token === undefined ? {} : { authorization: `Bearer ${token}` }), ...headers },
  });
}

/** A bare WebSocket that keeps every frame it gets and can wait for one. */
export class RawSocket {
  readonly frames: Frame[] = [];
  readonly closed: Promise<Closed>;
  private readonly waiting = new Set<() => void>();

  private constructor(readonly ws: WebSocket) {
    ws.on('message', (data: Buffer) => {
      this.frames.push(JSON.parse(data.toString('utf8')) as Frame);
      for (const look of this.waiting) look();
    });
    this.closed = new Promise((resolve) =>
      ws.once('close', (code, reason) => resolve({ code, reason: reason.toString('utf8') })),
    );
    ws.on('error', () => {});
  }

  /** Resolves when the socket is open. Frames that come with the upgrade are not lost. */
  static async open(url: string, options: DialOptions = {}): Promise<RawSocket> {
    const socket = new RawSocket(dial(url, options));
    await once(socket.ws, 'open');
    return socket;
  }

  send(frame: object | string): void {
    this.ws.send(typeof frame === 'string' ? frame : JSON.stringify(frame));
  }

  /** The first frame of this type, whether it has come already or not. */
  async seen(type: string): Promise<Frame> {
    return this.seenWhere((frame) => frame.type === type);
  }

  /** The first frame that fits; rejects when the socket closes before it comes. */
  async seenWhere(fits: (frame: Frame) => boolean): Promise<Frame> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const found = this.frames.find(fits);
        if (!found) return;
        this.waiting.delete(look);
        resolve(found);
      };
      this.waiting.add(look);
      look();
      void this.closed.then(({ code, reason }) => reject(new Error(`closed ${code} ${reason} before the frame came`)));
    });
  }

  /** Closes and waits until the other side has, too. */
  async close(code = 1000): Promise<Closed> {
    this.ws.close(code);
    return this.closed;
  }
}

export interface Refusal {
  readonly status: number | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: unknown;
}

/** How the server refused this upgrade. */
export async function refused(ws: WebSocket): Promise<Refusal> {
  const [, response] = (await once(ws, 'unexpected-response')) as [unknown, IncomingMessage];
  let text = '';
  for await (const part of response) text += String(part);
  ws.on('error', () => {});
  ws.terminate();
  return { status: response.statusCode, headers: response.headers, body: JSON.parse(text) as unknown };
}

/**
 * Writes an upgrade as plain bytes, for peers that do not behave.
 *
 * @param after what goes out in the same write as the upgrade
 * @param headers replace those of a good upgrade
 */
export async function rawUpgrade(
  port: number,
  path: string,
  token: string,
  after: Buffer = Buffer.alloc(0),
  headers: Readonly<Record<string, string>> = {},
): Promise<net.Socket> {
  const socket = net.connect(port, '127.0.0.1');
  socket.on('error', () => {});
  await once(socket, 'connect');
  const all = {
    Host: 'relay.invalid',
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
    Authorization: `Bearer ${token}`,
    ...headers,
  };
  const lines = [`GET ${path} HTTP/1.1`, ...Object.entries(all).map(([name, value]) => `${name}: ${value}`)];
  socket.write(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`), after]));
  return socket;
}

/** One masked text message of at most 125 bytes, as a browser would write it. */
export function rawTextMessage(text: string): Buffer {
  const payload = Buffer.from(text);
  return Buffer.concat([Buffer.from([0x81, 0x80 | payload.length, 0, 0, 0, 0]), payload]);
}
