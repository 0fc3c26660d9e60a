import { Inject, Injectable, Logger } from '@nestjs/common';
import type { ChannelSocket } from '../../channel/index.js';
import { CLOCK } from '../../config/index.js';
import {
  encodeFrame,
  ERROR_CODES,
  isRecord,
  TOKEN_EXPIRES,
  TOKEN_RENEW,
  TOKEN_RENEW_RESPONSE,
  type Clock,
  type Frame,
} from '../../protocol/index.js';
import { RelayError } from '../relay.error.js';
import { AccessService } from './access.service.js';
import type { Identity } from './identity.js';
import type { Hold } from './live-sockets.js';

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

const OTHER_HOLDER =
  'This token is of another holder, or of other rights than the socket was opened with; reconnect with it.';

/** Takes the `token_renew`s of one socket, before anybody else sees them. */
export interface SocketRenewal {
  /** Tells a peer that asked for it how long its token lives; nothing where it does not end. */
  announce(): void;
  /** @returns whether the message was one, and is done with; of a flood of them it is not, and meets the limits of other messages */
  takes(text: string): boolean;
}

/** Lets sockets outlive the token that they were opened with, when their peer shows a fresh one of the same holder (protocol section 4). */
@Injectable()
export class TokenRenewals {
  private readonly log = new Logger(TokenRenewals.name);

  constructor(
    private readonly access: AccessService,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /**
   * @param socket is written to past everything that waits
   * @param refused told of each token that is not accepted
   */
  of(
    hold: Hold,
    socket: Pick<ChannelSocket, 'bufferedAmount' | 'send'>,
    refused: (refusal: RelayError) => void,
  ): SocketRenewal {
    const send = (frame: Frame): void => socket.send(encodeFrame(frame));
    let isBusy = false;
    let refusals = 0;
    let lastAt = -Infinity;
    return {
      announce: () => {
        const told = this.remaining(hold.identity);
        if (told) send({ type: TOKEN_EXPIRES, ...told });
      },
      takes: (text) => {
        if (!BEGINNING.test(text) || socket.bufferedAmount > MOST_UNREAD_BYTES) return false;
        const now = this.clock.elapsed();
        const waitMs = lastAt + AGAIN_AFTER_MS - now;
        const isTooSoon = isBusy || waitMs > 0;
        if (isTooSoon && ++refusals > MOST_REFUSALS) return false;
        const asked = text.length <= MAX_LENGTH ? parse(text) : {};
        if (isTooSoon) {
          send(answer(asked, failed(new RelayError('TOO_MANY', undefined, { retryAfterMs: Math.max(waitMs, 1) }))));
          return true;
        }
        isBusy = true;
        refusals = 0;
        lastAt = now;
        void this.renew(hold, asked['token'], refused).then((outcome) => {
          isBusy = false;
          send(answer(asked, outcome));
        });
        return true;
      },
    };
  }

  /** Never rejects. */
  private async renew(hold: Hold, token: unknown, refused: (refusal: RelayError) => void): Promise<object> {
    try {
      if (typeof token !== 'string' || token === '')
        throw new RelayError('BAD_REQUEST', 'A token_renew has a token, as text, in at most 32 KiB.');
      const identity = await this.access.identify(token);
      if (!isSameHolder(hold.identity, identity)) throw new RelayError('ACCESS_REFUSED', OTHER_HOLDER);
      // An older token is no reason to end sooner.
      if (expiryOf(identity) > expiryOf(hold.identity)) hold.renew(identity);
      return { success: true, ...this.remaining(hold.identity) };
    } catch (error) {
      if (error instanceof RelayError) {
        refused(error);
        return failed(error);
      }
      this.log.error(error);
      return failed(new RelayError('INTERNAL', ERROR_CODES.INTERNAL.message));
    }
  }

  private remaining({ expiresAt }: Identity): { readonly expires_in_ms: number } | undefined {
    return expiresAt === undefined ? undefined : { expires_in_ms: Math.max(0, expiresAt - this.clock.now()) };
  }
}

/** A socket keeps the rights that it was opened with: a token of other rights opens another one. */
function isSameHolder(before: Identity, after: Identity): boolean {
  return rightsTextOf(before) === rightsTextOf(after);
}

function rightsTextOf({ tokenId, organizationId, role, environments, access, mayApprove }: Identity): string {
  const names = environments && [...new Set(environments)].toSorted();
  return JSON.stringify([tokenId, organizationId, role, names, access ?? 'steer', mayApprove]);
}

function expiryOf({ expiresAt = Infinity }: Identity): number {
  return expiresAt;
}

function failed({ code, message, retryAfterMs }: RelayError): object {
  return {
    success: false,
    error: message,
    error_code: code,
    ...(retryAfterMs === undefined ? {} : { retry_after_ms: Math.ceil(retryAfterMs) }),
  };
}

function answer({ request_id: id }: Readonly<Record<string, unknown>>, outcome: object): Frame {
  return { type: TOKEN_RENEW_RESPONSE, ...(typeof id === 'string' ? { request_id: id } : {}), ...outcome };
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
