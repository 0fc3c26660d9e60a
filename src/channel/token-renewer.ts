import {
  readExpiresInMs,
  TOKEN_EXPIRES,
  TOKEN_RENEW,
  TOKEN_RENEW_RESPONSE,
  type Clock,
  type Frame,
  type Timer,
} from '../protocol/index.js';

export interface TokenRenewerObserver {
  /** The server has taken it: from now on it is the token of this link. */
  renewed(token: string): void;
  /** It is tried again while there is time; else the server closes the link. @param reason for people; no token is in it */
  failed(reason: string): void;
}

/** A fresh token is shown this long before the old one expires, in ms; sooner where that is most of its life. */
const LEAD_MS = 60_000;
/** Of a life so short, this part is left. */
const LEAST_PART = 0.2;
/** The least time between two tries, in ms, longer than the server asks for; less is not left to try anything. */
const LEAST_WAIT_MS = 2_000;
/** Timers know no longer ones; it is looked again then. */
const MOST_WAIT_MS = 24 * 60 * 60 * 1_000;

/**
 * Keeps a link open beyond the life of the token that it was opened with (protocol section 4). It does nothing until the server says
 * that the token expires; servers that know nothing of this never do.
 */
export class TokenRenewer {
  private timer: Timer | undefined;
  /** When the token expires; of `Clock.elapsed`. */
  private expiresAt = 0;
  /** Shown, and not answered. */
  private shown: string | undefined;
  private hasStopped = false;

  /**
   * @param ask for a token that lives longer than the one before
   * @param send on the socket that said when the token expires
   */
  constructor(
    private readonly clock: Clock,
    private readonly ask: () => string | Promise<string>,
    private readonly send: (frame: Frame) => void,
    private readonly observer: TokenRenewerObserver,
  ) {}

  /** @returns whether the frame was the server's word on the token */
  take(frame: Frame): boolean {
    if (frame.type === TOKEN_EXPIRES) this.plan(readExpiresInMs(frame));
    else if (frame.type === TOKEN_RENEW_RESPONSE) this.answered(frame);
    else return false;
    return true;
  }

  /** The link is down. */
  stop(): void {
    this.hasStopped = true;
    this.timer?.cancel();
  }

  private plan(expiresInMs: number | undefined): void {
    this.timer?.cancel();
    if (expiresInMs === undefined) return;
    this.expiresAt = this.clock.elapsed() + expiresInMs;
    this.wait(expiresInMs - Math.min(LEAD_MS, expiresInMs * LEAST_PART));
  }

  private wait(ms: number): void {
    if (this.hasStopped) return;
    this.timer?.cancel();
    const isTooLong = ms > MOST_WAIT_MS;
    this.timer = this.clock.after(Math.max(LEAST_WAIT_MS, Math.min(ms, MOST_WAIT_MS)), () =>
      isTooLong ? this.wait(ms - MOST_WAIT_MS) : void this.renew(),
    );
  }

  private async renew(): Promise<void> {
    let token: string;
    try {
      token = await this.ask();
    } catch (error) {
      return this.again(`no token was given: ${error instanceof Error ? error.message : String(error)}`);
    }
    if (this.hasStopped) return;
    this.shown = token;
    this.send({ type: TOKEN_RENEW, token });
    // An answer may be lost with what the socket had in flight, and the socket live on for a while.
    this.again();
  }

  private answered(frame: Frame): void {
    const token = this.shown;
    this.shown = undefined;
    if (token === undefined || this.hasStopped) return;
    if (frame['success'] === true) {
      this.observer.renewed(token);
      this.plan(readExpiresInMs(frame));
    } else this.again(typeof frame['error'] === 'string' ? frame['error'] : 'the server does not say why');
  }

  /** As often as time is halved. */
  private again(reason?: string): void {
    if (this.hasStopped) return;
    if (reason !== undefined) this.observer.failed(reason);
    const left = this.expiresAt - this.clock.elapsed();
    if (left > LEAST_WAIT_MS) this.wait(left / 2);
    else this.timer?.cancel();
  }
}
