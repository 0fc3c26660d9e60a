import type { ChannelSocket } from '../../channel/index.js';
import {
  encodeFrame,
  isRecord,
  TOKEN_RENEW,
  TOKEN_RENEW_RESPONSE,
  type Clock,
  type Frame,
} from '../../protocol/index.js';
import { RelayError } from '../relay.error.js';

/** A `token_renew` begins so: a look at the first characters is all that other messages are given. */
const BEGINNING = new RegExp(`^\\s*\\{\\s*"type"\\s*:\\s*"${TOKEN_RENEW}"`);
/** UTF-16 units of a message that may hold a token. */
const MAX_LENGTH = 32_768;
/** One socket shows a token no more often than this, in ms: to check a signature costs more than to ask for it. */
const AGAIN_AFTER_MS = 1_000;
/** So many that come too soon are answered here; others are held to what holds every message. */
const MOST_REFUSALS = 10;
/** Bytes that wait in a socket: whoever does not read is not answered here either. */
const MOST_UNREAD_BYTES = 1024 * 1024;

/** Where it is written to, past everything that waits. */
export type RenewedSocket = Pick<ChannelSocket, 'bufferedAmount' | 'send'>;

/** Whether a message is a `token_renew`. */
export function isTokenRenew(text: string): boolean {
  return BEGINNING.test(text);
}

/** Takes the `token_renew`s of one socket, before anybody else sees them. */
export class SocketRenewal {
  private isBusy = false;
  private refusals = 0;
  private lastAt = -Infinity;

  /** @param renew resolves with what the answer says; never rejects */
  constructor(
    private readonly socket: RenewedSocket,
    private readonly clock: Clock,
    private readonly renew: (token: unknown) => Promise<object>,
  ) {}

  /** @returns whether the message was one, and is done with; of a flood of them it is not, and meets the limits of other messages */
  takes(text: string): boolean {
    if (!isTokenRenew(text) || this.socket.bufferedAmount > MOST_UNREAD_BYTES) return false;
    const now = this.clock.elapsed();
    const waitMs = this.lastAt + AGAIN_AFTER_MS - now;
    const isTooSoon = this.isBusy || waitMs > 0;
    if (isTooSoon && ++this.refusals > MOST_REFUSALS) return false;
    const asked = text.length <= MAX_LENGTH ? parse(text) : {};
    if (isTooSoon) {
      this.answer(asked, failedRenewal(new RelayError('TOO_MANY', undefined, { retryAfterMs: Math.max(waitMs, 1) })));
      return true;
    }
    this.isBusy = true;
    this.refusals = 0;
    this.lastAt = now;
    void this.renew(asked['token']).then((outcome) => {
      this.isBusy = false;
      this.answer(asked, outcome);
    });
    return true;
  }

  private answer({ request_id: id }: Readonly<Record<string, unknown>>, outcome: object): void {
    const named = typeof id === 'string' ? { request_id: id } : {};
    const frame: Frame = { type: TOKEN_RENEW_RESPONSE, ...named, ...outcome };
    this.socket.send(encodeFrame(frame));
  }
}

/** What the answer to a renewal that was refused says. */
export function failedRenewal({ code, message, retryAfterMs }: RelayError): object {
  return {
    success: false,
    error: message,
    error_code: code,
    ...(retryAfterMs === undefined ? {} : { retry_after_ms: Math.ceil(retryAfterMs) }),
  };
}

/** What is no JSON has no token; what was wrong with it would be said with pieces of it. */
function parse(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : {};
  } catch {
    return {};
  }
}
