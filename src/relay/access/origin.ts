import type { IncomingMessage } from 'node:http';
import { SESSION_HEADER } from '../../protocol/index.js';
import { RelayError } from '../relay.error.js';
import { arrivalOf } from './arrival.js';

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

/**
 * Whether a page of this relay sent a request: only then its browser's cookie counts, because cookies know no ports, and a page on another
 * port of the same host would be given it too. Navigations never count.
 *
 * @param publicUrl where the relay is reached, when that is not what requests say
 */
export function isFromOwnPage(request: IncomingMessage, publicUrl: string | undefined): boolean {
  const { origin, 'sec-fetch-site': site, 'sec-fetch-mode': mode, [SESSION_HEADER]: mark } = request.headers;
  // What the browser itself says comes first; it says nothing over plain HTTP, but on this machine.
  if (site !== undefined) return site === 'same-origin' && mode !== 'navigate';
  if (origin !== undefined) return isOwnOrigin(request, publicUrl);
  return mark !== undefined;
}

/** Whether the `Origin` that a request names is where it was sent to. */
export function isOwnOrigin(request: IncomingMessage, publicUrl: string | undefined): boolean {
  const { origin } = request.headers;
  return [arrivalOf(request).base, ...(publicUrl === undefined ? [] : [publicUrl])].some(
    (own) => URL.canParse(own) && new URL(own).origin === origin,
  );
}
