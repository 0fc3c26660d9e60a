import type { IncomingMessage } from 'node:http';
import { arrivalOf } from '../access/arrival.js';
import { RelayError } from '../relay.error.js';

/**
 * Where the listener that sent this request opens its sockets: at the relay's public address, or else where it came in.
 *
 * @throws RelayError BAD_REQUEST when neither says where that is
 */
export function listenerUrl(
  request: IncomingMessage,
  publicUrl: string | undefined,
  connectionId: string,
  leaseSecret: string,
): string {
  const base = publicUrl ?? arrivalOf(request).base;
  if (!URL.canParse(base))
    throw new RelayError('BAD_REQUEST', 'The Host header does not say how this relay is reached.');
  const url = new URL(base);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/v1/environments/${connectionId}/listener/ws`;
  url.search = `?lease=${leaseSecret}`;
  return url.href;
}
