import type { IncomingMessage } from 'node:http';
import { type ClientOptions, WebSocket } from 'ws';
import { type ChannelSocket, type SocketObserver, WsSocket } from '../channel/index.js';
import { DEFLATE } from '../config/index.js';
import { readRefusal, readRetryAfter } from '../protocol/index.js';
import { ServerRefusalError } from '../registration/index.js';

export interface DialOptions {
  readonly token: string;
  /** Bytes of one incoming message. */
  readonly maxFrameBytes: number;
  /** ms until the upgrade must be answered. */
  readonly deadlineMs: number;
  /** Offers compression; a dialer of your own may leave it alone. */
  readonly deflate?: boolean;
  readonly signal: AbortSignal;
  /** For the socket once it is open; a dialer of your own may leave it alone, and its traffic is not counted then. */
  readonly observer?: SocketObserver;
}

/** Opens one WebSocket. */
export type SocketDialer = (url: URL, options: DialOptions) => Promise<ChannelSocket>;

/** Injects the `SocketDialer`. @publicApi */
export const SOCKET_DIALER = Symbol('SOCKET_DIALER');

/** A socket that could not be opened; where the server refused the upgrade, with its status and words. */
export class DialError extends ServerRefusalError {
  override readonly name = 'DialError';
}

/** Bytes of a refusal's body that are read. */
const MAX_REFUSAL_BYTES = 4_096;

/** How an address is reached: through which agent, trusting which authorities. */
export type WsRoute = Pick<ClientOptions, 'agent' | 'ca'>;

/**
 * Makes a dialer over npm `ws`. It throws a `DialError` when the server refuses, breaks the connection, or does not answer
 * within the deadline.
 *
 * @param routeTo how to reach an address; default: directly
 */
export function wsDialer(routeTo: (url: URL) => WsRoute = () => ({})): SocketDialer {
  return (url, options) => dial(url, options, routeTo(url));
}

/** Dials directly. */
export const dialWithWs = wsDialer();

function dial(url: URL, options: DialOptions, route: WsRoute): Promise<ChannelSocket> {
  const { token, maxFrameBytes, deadlineMs, deflate = false, signal, observer } = options;
  return new Promise((resolve, reject) => {
    const givenUp = (): DialError => new DialError('Connecting was given up.', { cause: signal.reason });
    if (signal.aborted) return reject(givenUp());
    const ws = new WebSocket(url, {
      ...route,
      headers: { Authorization: `Bearer ${token}` },
      maxPayload: maxFrameBytes,
      perMessageDeflate: deflate && DEFLATE,
      handshakeTimeout: deadlineMs,
    });
    const abort = (): void => {
      fail(givenUp());
      ws.terminate();
    };
    const fail = (error: DialError): void => {
      signal.removeEventListener('abort', abort);
      reject(error);
    };
    signal.addEventListener('abort', abort, { once: true });
    ws.once('open', () => {
      signal.removeEventListener('abort', abort);
      resolve(new WsSocket(ws, observer));
    });
    ws.once(
      'unexpected-response',
      (_request, response) =>
        void refusalOf(response)
          .then(fail, fail)
          .finally(() => ws.terminate()),
    );
    ws.on('error', (cause) => fail(new DialError(`${url.host} did not open a socket: ${cause.message}`, { cause })));
  });
}

async function refusalOf(response: IncomingMessage): Promise<DialError> {
  const { errorCode, message } = readRefusal(await bodyOf(response));
  const status = response.statusCode;
  const retryAfter = response.headers['retry-after'];
  return new DialError(`The server refused the socket with HTTP ${status}${message ? `: ${message}` : ''}`, {
    status,
    errorCode,
    retryAfterMs: readRetryAfter(retryAfter, Date.now()),
  });
}

async function bodyOf(response: IncomingMessage): Promise<string> {
  let text = '';
  try {
    for await (const part of response) {
      text += String(part);
      if (text.length > MAX_REFUSAL_BYTES) break;
    }
  } catch {
    // It broke off; the status says enough.
  }
  return text;
}
