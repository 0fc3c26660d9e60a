import {
  closeActionOf,
  ENDED_BY_ADMIN,
  readRetryAfterReason,
  withoutMessagesRead,
  type EndByAdmin,
  type ErrorCode,
} from '../protocol/index.js';
import { Backoff, RegistrationError } from '../registration/index.js';
import { type LinkEnd, LinkError } from './link-end.js';
import type { LinkObserver } from './link-observer.js';
import { causeOfEnd, causeOfFailure, type ReconnectCause } from './reconnect-cause.js';
import { DialError } from './socket-dialer.js';

/** What to do after a link ended, or could not be had. */
export type Reconnection =
  | {
      readonly next: 'connect' | 'register';
      readonly waitMs: number;
      readonly renewToken: boolean;
      readonly reason: string;
    }
  | { readonly next: 'stop'; readonly cause: StopCause; readonly reason: string };

/** Why a listener gave up: a newer one runs, an admin ended it, its token is refused, or the server refused it otherwise. */
export type StopCause = 'superseded' | EndByAdmin | 'token-refused' | 'refused';

const STOPPED: Readonly<Record<'superseded' | EndByAdmin, string>> = {
  superseded: 'A newer listener took this environment over.',
  released:
    'An admin released this environment, so that another token may have it. To go on here, start the listener again: whoever registers first has it.',
  deleted:
    'An admin deleted this environment and its history. To go on here, start the listener again: that makes a new environment.',
};

export interface ReconnectPolicyOptions {
  readonly backoffMinMs: number;
  readonly backoffMaxMs: number;
  readonly backoffResetAfterMs: number;
}

/** Applies the table of close codes (protocol section 2), with its memory of refusals since the last ready link. */
export class ReconnectPolicy {
  private readonly backoff: Backoff;
  private refusals = 0;
  private tokenRenewed = false;

  constructor(
    private readonly options: ReconnectPolicyOptions,
    random?: () => number,
    private readonly observer?: Pick<LinkObserver, 'lost'>,
  ) {
    this.backoff = new Backoff(options.backoffMinMs, options.backoffMaxMs, random);
  }

  /** A server has spoken on a ready link: earlier refusals no longer count. An open socket alone may be refused yet. */
  admitted(): void {
    this.refusals = 0;
    this.tokenRenewed = false;
  }

  /** A link that had been ready ended. @param readyMs how long it was ready */
  afterLink(end: LinkEnd, readyMs: number): Reconnection {
    if (readyMs >= this.options.backoffResetAfterMs) this.backoff.reset();
    return this.tell(causeOfEnd(end), this.afterClose(end));
  }

  /** Registering or connecting failed. */
  afterFailure(error: unknown): Reconnection {
    return this.tell(causeOfFailure(error), this.judge(error));
  }

  private tell(cause: ReconnectCause, reconnection: Reconnection): Reconnection {
    this.observer?.lost(cause, reconnection.next);
    return reconnection;
  }

  private judge(error: unknown): Reconnection {
    const reason = error instanceof Error ? error.message : String(error);
    if (error instanceof RegistrationError) return this.afterRefusedRegistration(error);
    if (error instanceof LinkError && error.end) return this.afterClose(error.end);
    if (error instanceof DialError) {
      if (error.status === 401 || error.status === 403) return this.afterRefusedToken(reason);
      if (error.status === 404) return this.afterUnknownEnvironment(reason);
      if (error.status === 409) return { next: 'stop', cause: conflictOf(error), reason };
      return this.again('connect', reason, error.retryAfterMs);
    }
    return this.again('connect', reason);
  }

  private afterClose({ code, reason: said }: LinkEnd): Reconnection {
    const words = withoutMessagesRead(said);
    const reason = `The server closed the link (${code}${words ? ` ${words}` : ''}).`;
    switch (closeActionOf(code, said)) {
      case 'stop-superseded':
        return stopAs(said);
      case 'renew-token':
        return this.afterRefusedToken(reason);
      case 'register':
        return this.afterUnknownEnvironment(reason);
      case 'throttled':
        return this.again('connect', reason, readRetryAfterReason(said));
      case 'reconnect':
        return this.again('connect', reason);
    }
  }

  /** First register again; then with the token resolved anew; then stop. A server may mean the lease or the token by it. */
  private afterUnknownEnvironment(reason: string): Reconnection {
    this.refusals++;
    if (this.refusals > 2)
      return {
        next: 'stop',
        cause: 'token-refused',
        reason: `${reason} It refused this listener three times in a row; check that its token (TWINLANE_TOKEN) is still valid.`,
      };
    return { ...this.again('register', reason), renewToken: this.refusals === 2 };
  }

  private afterRefusedToken(reason: string): Reconnection {
    if (this.tokenRenewed)
      return {
        next: 'stop',
        cause: 'token-refused',
        reason: `${reason} The token is refused; set TWINLANE_TOKEN to one that the server accepts.`,
      };
    this.tokenRenewed = true;
    return { ...this.again('connect', reason), renewToken: true };
  }

  private afterRefusedRegistration(error: RegistrationError): Reconnection {
    if (error.fault === 'token-refused') {
      if (!this.tokenRenewed && !isOfRole(error)) {
        this.tokenRenewed = true;
        return { ...this.again('register', error.message), renewToken: true };
      }
      return { next: 'stop', cause: 'token-refused', reason: error.message };
    }
    return { next: 'stop', cause: error.fault === 'conflict' ? conflictOf(error) : 'refused', reason: error.message };
  }

  private again(
    next: 'connect' | 'register',
    reason: string,
    askedMs = 0,
  ): Reconnection & { next: 'connect' | 'register' } {
    // On top of what is asked: many that were refused at once are not to come back at once.
    const waitMs = askedMs + this.backoff.next();
    return { next, waitMs, renewToken: false, reason };
  }
}

/** A 409 says that a newer process took over, or that the environment is somebody else's: only the first is in order. */
function conflictOf({ errorCode }: { readonly errorCode: string | undefined }): StopCause {
  const taken: ErrorCode = 'ENVIRONMENT_TAKEN';
  return errorCode === taken ? 'refused' : 'superseded';
}

/** Nobody is to take the environment back: neither from a newer listener, nor from whom an admin gave it to. */
function stopAs(said: string): Reconnection {
  const cause =
    said === ENDED_BY_ADMIN.released ? 'released' : said === ENDED_BY_ADMIN.deleted ? 'deleted' : 'superseded';
  return { next: 'stop', cause, reason: STOPPED[cause] };
}

/** A token that is known, and is for something else: a fresher one is for the same. */
function isOfRole({ errorCode }: RegistrationError): boolean {
  const role: ErrorCode = 'ACCESS_REFUSED';
  return errorCode === role;
}
