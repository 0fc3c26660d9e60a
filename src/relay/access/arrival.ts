import { randomUUID } from 'node:crypto';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { TLSSocket } from 'node:tls';
import { listOf, type Hops, type TrustedProxies } from './trusted-proxies.js';

/** The header that names a request, in both directions. */
export const REQUEST_ID_HEADER = 'X-Request-Id';
/** What others may name a request: it ends up in logs and headers. */
const REQUEST_ID = /^[\w.:=+/-]{1,128}$/;
/** What others may call this host: a name or address, perhaps with a port. */
const HOST = /^[\w.-]+(?::\d{1,5})?$|^\[[\da-f:.]+\](?::\d{1,5})?$/i;
/** As proxies write it; some name the scheme of a WebSocket. */
const SCHEMES: ReadonlyMap<string, string> = new Map([
  ['http', 'http'],
  ['ws', 'http'],
  ['https', 'https'],
  ['wss', 'https'],
]);

/** What is known of a request or an upgrade before anybody reads it. */
export interface Arrival {
  /** Names the request in logs, and towards whoever sent it. */
  readonly requestId: string;
  /** Where it comes from, as Node writes it; empty for a connection that is gone. */
  readonly address: string;
  /** Where the peer asked for it, without a path; it may be no URL, because the `Host` header is the peer's. */
  readonly base: string;
}

const ARRIVAL = Symbol('arrival');
type Arrived = Pick<IncomingMessage, 'socket' | 'headers'> & { [ARRIVAL]?: Arrival };

/** Notes of each request how it came, before anybody else sees it. */
export function noteArrivals(http: Server, proxies: TrustedProxies): void {
  http.prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
    response.setHeader(REQUEST_ID_HEADER, note(request, proxies).requestId);
  });
  http.prependListener('upgrade', (request: IncomingMessage) => void note(request, proxies));
}

/** How a request came; of one that was not noted, what its connection says. */
export function arrivalOf(request: Arrived): Arrival {
  return request[ARRIVAL] ?? (request[ARRIVAL] = arrivalFrom(request, undefined));
}

function note(request: Arrived, proxies: TrustedProxies): Arrival {
  return (request[ARRIVAL] = arrivalFrom(request, proxies.hopsOf(request)));
}

function arrivalFrom({ socket, headers }: Arrived, hops: Hops | undefined): Arrival {
  const { address, count } = hops ?? { address: socket.remoteAddress ?? '', count: 0 };
  const said = (name: string): string => (count === 0 ? '' : fromOutermost(listOf(headers[name]), count));
  const requestId = said('x-request-id');
  const scheme =
    SCHEMES.get(said('x-forwarded-proto').toLowerCase()) ?? (socket instanceof TLSSocket ? 'https' : 'http');
  const host = said('x-forwarded-host');
  return {
    requestId: REQUEST_ID.test(requestId) ? requestId : randomUUID(),
    address,
    base: `${scheme}://${HOST.test(host) ? host : (headers.host ?? '')}`,
  };
}

/** What the outermost trusted proxy wrote: where each proxy adds its own, further left stands what anybody may have written. */
function fromOutermost(values: readonly string[], hops: number): string {
  return values[Math.max(0, values.length - hops)] ?? '';
}
