import type { Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { refuseUpgrade } from './gateways/refuse-upgrade.js';
import type { RelayMetrics } from './metrics/relay.metrics.js';
import { RelayError } from './relay.error.js';

/** What Node's parser says, in words of ours; anything else is not HTTP at all. */
const SAID: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: 'The head of the request is too large.',
  ERR_HTTP_REQUEST_TIMEOUT: 'The request did not come to its end in time.',
};

/** Who did not come through the handshake of TLS could not read an answer. */
const NO_TLS = /^ERR_(SSL|TLS)_/;

/**
 * Answers and counts what never becomes a request, because no handler will see it: bytes that are not HTTP, and `CONNECT`. Without
 * this Node refuses them with an empty 400, or without a word (reliability C29).
 */
export function refuseMalformed(http: Server, metrics: RelayMetrics): void {
  const refuse = (socket: Duplex, refusal: RelayError): void => {
    metrics.refusedAt('http', refusal.code);
    refuseUpgrade(socket, refusal);
  };
  http.on('clientError', ({ code = '' }: NodeJS.ErrnoException, socket) => {
    if (NO_TLS.test(code)) metrics.refusedAt('http', 'BAD_REQUEST');
    // One that is gone is refused nothing.
    if (NO_TLS.test(code) || code === 'ECONNRESET' || !socket.writable) socket.destroy();
    else refuse(socket, new RelayError('BAD_REQUEST', SAID[code] ?? 'The request is not valid HTTP.'));
  });
  http.on('connect', (_request, socket) => {
    socket.on('error', () => socket.destroy());
    refuse(socket, new RelayError('PATH_UNKNOWN', 'This relay is no proxy; it takes no CONNECT.'));
  });
}
