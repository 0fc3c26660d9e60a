import type { IncomingMessage } from 'node:http';
import { arrivalOf } from './arrival.js';
import { bearerOf } from './bearer.js';
import { isFromOwnPage } from './origin.js';

/** In seconds: nobody signs in for longer, and a token's end comes first. */
const LONGEST_SESSION_S = 30 * 24 * 60 * 60;
/** Browsers keep no larger cookie, in characters. */
const LARGEST_COOKIE = 4_000;
/** Without `Path`: it belongs to the folder of the path that set it, whatever prefix a proxy takes off. */
const ATTRIBUTES = 'HttpOnly; SameSite=Strict';

/**
 * What a request shows: the token of its header, or the cookie of its browser's session where a page of this relay sent it.
 *
 * @param publicUrl where the relay is reached, when that is not what requests say
 */
export function shownBy(request: IncomingMessage, publicUrl: string | undefined): string | undefined {
  return bearerOf(request) ?? sessionOf(request, publicUrl);
}

/** The token that the cookie of a browser's session holds. */
export function sessionOf(request: IncomingMessage, publicUrl: string | undefined): string | undefined {
  return isFromOwnPage(request, publicUrl) ? readCookie(request, nameFor(request)) : undefined;
}

/**
 * The `Set-Cookie` that begins a session.
 *
 * @param expiresAt when the token ends, epoch ms @param now epoch ms
 * @returns undefined where no browser would keep it
 */
export function sessionCookie(
  request: IncomingMessage,
  token: string,
  expiresAt: number | undefined,
  now: number,
): string | undefined {
  const left = expiresAt === undefined ? LONGEST_SESSION_S : Math.floor((expiresAt - now) / 1_000);
  const cookie = cookieOf(request, encodeURIComponent(token), Math.max(0, Math.min(left, LONGEST_SESSION_S)));
  return cookie.length > LARGEST_COOKIE ? undefined : cookie;
}

/** The `Set-Cookie` that ends it. */
export function endedSessionCookie(request: IncomingMessage): string {
  return cookieOf(request, '', 0);
}

function cookieOf(request: IncomingMessage, value: string, maxAgeS: number): string {
  // A page says how it came itself, also behind a proxy whose headers do not count.
  const isSecure = [arrivalOf(request).base, request.headers.origin].some((at) => at?.startsWith('https:'));
  const secure = isSecure ? '; Secure' : '';
  return `${nameFor(request)}=${value}; Max-Age=${maxAgeS}; ${ATTRIBUTES}${secure}`;
}

/** Relays on two ports of one host must not take each other's: cookies know no ports. */
function nameFor(request: IncomingMessage): string {
  const { base } = arrivalOf(request);
  const port = /:(\d+)$/.exec(base)?.[1] ?? (base.startsWith('https:') ? '443' : '80');
  return `twinlane_${port}`;
}

/** Others of this host, or of its domain, may set one of the same name for their own token: of two that differ nobody knows which it is. */
function readCookie({ headers }: IncomingMessage, wanted: string): string | undefined {
  const values = new Set<string>();
  for (const pair of (headers.cookie ?? '').split(';')) {
    const [name = '', ...value] = pair.trim().split('=');
    if (name === wanted) values.add(value.join('='));
  }
  const [value, ...others] = values;
  return value === undefined || others.length > 0 ? undefined : decoded(value);
}

function decoded(value: string): string | undefined {
  try {
    return decodeURIComponent(value);
  } catch {
    // Nothing that this relay has set.
    return undefined;
  }
}
