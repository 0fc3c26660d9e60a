import { withDeadline } from '../protocol/index.js';
import type { ClientContext } from './client-options.js';
import { RelayRefusedError, RelayUnreachableError } from './client.error.js';
import { unlessAborted } from './give-up.js';
import { refusal } from './refusal.js';
import { reasonOf, RelayRest } from './rest.js';
import {
  isNodeImplementation,
  isNodeSocket,
  WebSocketChannel,
  type NodeResponse,
  type WebSocketLike,
} from './web-socket.js';

/** Bytes of a refusal's body that are read. */
const MAX_REFUSAL_BYTES = 16 * 1024;

/**
 * Opens one socket.
 *
 * @param url address without a token; `http:` or `https:`
 * @param token shown on the upgrade; without one the browser shows its session
 * @param signal ends the attempt
 * @throws RelayUnreachableError, TokenRefusedError, EnvironmentNotFoundError, RelayRefusedError
 */
export async function dial(
  context: ClientContext,
  url: URL,
  token: string | undefined,
  environment: string,
  signal: AbortSignal | undefined,
): Promise<WebSocketChannel> {
  const { limits, clock, server } = context;
  const socket = create(context, url, token);
  const channel = new WebSocketChannel(socket);
  try {
    const open = withDeadline(opened(context, socket, environment), limits.openTimeoutMs, clock, () => {
      return new RelayUnreachableError(server.origin, `no socket within ${limits.openTimeoutMs} ms`);
    });
    await unlessAborted(open, signal);
  } catch (error) {
    channel.terminate();
    throw error;
  }
  return channel;
}

function create({ WebSocket }: ClientContext, url: URL, token: string | undefined): WebSocketLike {
  const address = new URL(url);
  address.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  if (token === undefined) return new WebSocket(address.href);
  if (isNodeImplementation(WebSocket))
    return new WebSocket(address.href, [], { headers: { authorization: `Bearer ${token}` } });
  address.searchParams.set('token', token);
  return new WebSocket(address.href);
}

function opened(context: ClientContext, socket: WebSocketLike, environment: string): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve);
    if (isNodeSocket(socket)) {
      socket.on('unexpected-response', (request, response) => {
        readRefusal(response, environment)
          .then(reject, reject)
          .finally(() => request.destroy());
      });
      socket.addEventListener('error', (event) => reject(unreachable(context, event)));
    } else {
      socket.addEventListener('error', () => void whyNot(context).then(reject, reject));
    }
  });
}

async function readRefusal(response: NodeResponse, environment: string): Promise<Error> {
  return refusal(response.statusCode ?? 0, await bodyOf(response), response.headers['retry-after'], environment);
}

async function bodyOf(response: NodeResponse): Promise<string> {
  const decoder = new TextDecoder();
  let body = '';
  try {
    for await (const chunk of response) {
      body += decoder.decode(chunk, { stream: true });
      if (body.length > MAX_REFUSAL_BYTES) break;
    }
  } catch {
    // It broke off; the status says what there is to say.
  }
  return body;
}

function unreachable({ server }: ClientContext, event: object): RelayUnreachableError {
  const cause = 'error' in event ? event.error : undefined;
  return new RelayUnreachableError(server.origin, cause === undefined ? 'the socket failed' : reasonOf(cause), {
    cause,
  });
}

/** Browsers hide why a socket was refused; the same token over REST tells, or fails with the reason itself. */
async function whyNot(context: ClientContext): Promise<Error> {
  await new RelayRest(context).environments(true);
  const text = 'The relay refused the socket; does it know this environment, and allow this origin?';
  return new RelayRefusedError(0, undefined, text);
}
