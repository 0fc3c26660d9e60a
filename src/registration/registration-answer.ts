import {
  DEFAULT_MAX_FRAME_BYTES,
  isRecord,
  MAX_FRAME_BYTES_RANGE,
  readCapabilities,
  readRefusal,
  readRetryAfter,
} from '../protocol/index.js';
import { RegistrationError } from './registration.error.js';
import type { Registration } from './registration.js';

/** An HTTP answer, read to its end. */
export interface HttpAnswer {
  readonly status: number;
  readonly header: (name: string) => string | null;
  readonly text: string;
}

/**
 * Reads what a server answered to a registration.
 *
 * @throws RegistrationError for every answer that is no registration, saying what to do
 */
export function readRegistrationAnswer(answer: HttpAnswer, server: string, now: number): Registration {
  if (answer.status >= 200 && answer.status < 300) return readGranted(answer, server);
  throw refusal(answer, server, now);
}

function readGranted({ status, text }: HttpAnswer, server: string): Registration {
  const body = parse(text);
  if (!isRecord(body))
    throw new RegistrationError(
      'not-json',
      `${server} answered the registration with something other than JSON; is it the address of a relay (TWINLANE_SERVER)?`,
      { status },
    );
  const { connectionId, wsUrl, maxFrameBytes } = body;
  const missing = [
    typeof connectionId === 'string' && connectionId ? [] : ['connectionId'],
    isWebSocketUrl(wsUrl) ? [] : ['wsUrl'],
  ].flat();
  if (missing.length > 0 || typeof connectionId !== 'string' || typeof wsUrl !== 'string')
    throw new RegistrationError(
      'missing-fields',
      `${server} answered the registration without a usable ${missing.join(' and ')}; is it a relay, and not older than this listener?`,
      { status },
    );
  // The token goes along with every upgrade: who asked for TLS must not send it in the clear.
  if (new URL(server).protocol === 'https:' && new URL(wsUrl).protocol !== 'wss:')
    throw new RegistrationError(
      'insecure',
      `${server} was asked over TLS, but names an address without it for the sockets; set TWINLANE_PUBLIC_URL on the relay to ${server}.`,
      { status },
    );
  return {
    connectionId,
    wsUrl,
    capabilities: readCapabilities(body),
    maxFrameBytes: readMaxFrameBytes(maxFrameBytes),
  };
}

function refusal({ status, header, text }: HttpAnswer, server: string, now: number): RegistrationError {
  const { errorCode, message } = readRefusal(text);
  const because = message ? ` It said: ${message}` : '';
  const details = { status, errorCode, retryAfterMs: readRetryAfter(header('retry-after'), now) };
  const fail = (fault: RegistrationError['fault'], advice: string) =>
    new RegistrationError(fault, `${advice}${because}`, details);

  if (status >= 300 && status < 400)
    return fail(
      'redirect',
      `${server} redirects registrations to ${header('location') ?? 'another address'}; set TWINLANE_SERVER to that address.`,
    );
  if (status === 401)
    return fail('token-refused', `${server} refused the token; set TWINLANE_TOKEN to one that it accepts.`);
  if (status === 403)
    return fail(
      'token-refused',
      `${server} does not let this token register listeners; ask its operator for one that may.`,
    );
  if (status === 404)
    return fail(
      'not-found',
      `${server} has no registration endpoint; check TWINLANE_SERVER (scheme, host, port, path).`,
    );
  if (status === 409)
    return fail(
      'conflict',
      errorCode === 'ENVIRONMENT_TAKEN'
        ? `This environment belongs to another token on ${server}; use that token, or another --name.`
        : `${server} has a newer listener for this environment; stop that one first, or start this one with another --name.`,
    );
  if (status === 429) return fail('too-many', `${server} asks for fewer registrations; trying again later.`);
  if (status >= 500)
    return fail(
      'server-error',
      `${server} failed with HTTP ${status}; trying again. If it stays so, look at the server's log.`,
    );
  return fail('refused', `${server} refused the registration with HTTP ${status}.`);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // a proxy's page
  }
}

/** Of a socket whose bound is beyond what `ws` can count nothing would be bounded. */
function readMaxFrameBytes(value: unknown): number {
  const isBound = typeof value === 'number' && Number.isFinite(value) && value >= 1;
  return isBound ? Math.min(Math.floor(value), MAX_FRAME_BYTES_RANGE.most) : DEFAULT_MAX_FRAME_BYTES;
}

/** No WebSocket can be opened at an address with a fragment. */
function isWebSocketUrl(value: unknown): boolean {
  if (typeof value !== 'string' || !URL.canParse(value)) return false;
  const { protocol, hash } = new URL(value);
  return /^wss?:$/.test(protocol) && hash === '';
}
