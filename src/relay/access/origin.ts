import type { IncomingMessage } from 'node:http';
import { RelayError } from '../relay.error.js';

/**
 * Keeps web pages from using a socket that the browser of somebody with access would open for them. Programs send no
 * `Origin` and are not concerned.
 *
 * @throws RelayError ORIGIN_REFUSED
 */
export function assertAllowedOrigin(request: IncomingMessage, allowedOrigins: readonly string[]): void {
  const { origin } = request.headers;
  if (origin !== undefined && !allowedOrigins.includes(origin)) throw new RelayError('ORIGIN_REFUSED');
}
