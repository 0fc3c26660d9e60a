import { signal, type ReadonlySignal } from '@preact/signals';
import { TokenRefusedError, type SessionInfo, type TwinlaneClient } from 'twinlane/client';
import { messageOf } from '../ui/index.js';

export type SessionState =
  /** The relay is being asked; `token`: with one that somebody has just given. */
  | { readonly phase: 'checking'; readonly token?: true }
  /** `reason`: why a session, or a try to begin one, ended; absent for who was just never signed in */
  | { readonly phase: 'signed-out'; readonly reason?: string }
  | { readonly phase: 'signed-in'; readonly info: SessionInfo }
  /** Another tab of this browser has signed in as somebody else, whose session it is from now on. */
  | { readonly phase: 'replaced' }
  /** The relay could not be asked. */
  | { readonly phase: 'unknown'; readonly reason: string };

/** A link that would sign in somebody else than who is signed in. */
export interface OtherSession {
  readonly mine: SessionInfo;
  readonly other: SessionInfo;
}

const OF_SOMEBODY_ELSE =
  'The session of this browser was changed from elsewhere, and is not yours any more. Sign in again.';

export interface SessionParts {
  readonly client: Pick<TwinlaneClient, 'session' | 'signIn' | 'signOut'>;
  /** Whose token it is; no session begins with that. */
  readonly whoIs: (token: string) => Promise<SessionInfo>;
  /**
   * Of this browser: whose session it has, because a page cannot see the cookie, and to ask without one is to be refused. A server on
   * another port or subdomain may set the cookie, but cannot write here.
   */
  readonly storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;
  /** Under which that is kept: not the same for two relays of one origin. */
  readonly key: string;
  /** Lets go of all that the page, and its tab, know of whoever used them before: the page begins again. */
  readonly startOver: () => void;
  /** Says what went wrong, to somebody who stays signed in. */
  readonly tell: (text: string) => void;
}

/** Who uses this page. */
export class SessionStore {
  private readonly now = signal<SessionState>({ phase: 'checking' });
  private readonly asking = signal<(OtherSession & { readonly token: string }) | undefined>(undefined);
  /** Of a link that was followed while nobody could say whose session there is. */
  private waiting: string | undefined;
  /** Whose session this page had last. */
  private last: string | null;

  constructor(private readonly parts: SessionParts) {
    this.last = parts.storage.getItem(parts.key);
  }

  get state(): ReadonlySignal<SessionState> {
    return this.now;
  }

  /** What a link asks that was followed while somebody else is signed in; undefined: nothing. */
  get asked(): ReadonlySignal<OtherSession | undefined> {
    return this.asking;
  }

  /** Who is signed in; undefined for nobody. */
  get info(): SessionInfo | undefined {
    const { value } = this.now;
    return value.phase === 'signed-in' ? value.info : undefined;
  }

  /** @param token of the link that the page was opened with, or that was followed in it: takes no session away without a question */
  async begin(token = this.waiting): Promise<void> {
    this.waiting = undefined;
    if (this.info === undefined) await this.resume();
    if (token === undefined) return;
    if (this.info !== undefined) await this.offer(token, this.info);
    // Whose session there may be, only the relay knows: the link waits until it says so.
    else if (this.now.value.phase === 'unknown') this.waiting = token;
    else await this.signIn(token);
  }

  async signIn(token: string): Promise<void> {
    const { client, storage, key, startOver } = this.parts;
    this.now.value = { phase: 'checking', token: true };
    try {
      const info = await client.signIn(token);
      storage.setItem(key, info.tokenId);
      if (this.last === null || this.last === info.tokenId) this.entered(info);
      else startOver();
    } catch (error) {
      this.now.value = { phase: 'signed-out', reason: messageOf(error) };
    }
  }

  /** Becomes who the link is of. */
  async accept(): Promise<void> {
    const { asking } = this;
    if (!asking.value) return;
    const { token } = asking.value;
    asking.value = undefined;
    const { client, storage, key, startOver, tell } = this.parts;
    try {
      const { tokenId } = await client.signIn(token);
      storage.setItem(key, tokenId);
      startOver();
    } catch (error) {
      tell(notSignedIn(error));
    }
  }

  /** Stays who one is. */
  decline(): void {
    this.asking.value = undefined;
  }

  /** Begins the page again, with the session that the browser has now. */
  goOn(): void {
    this.parts.startOver();
  }

  /** @throws what the relay says against it: then the cookie is still there */
  async signOut(): Promise<void> {
    const { client, storage, key, startOver } = this.parts;
    const before = this.now.value;
    // Nothing is asked for any more that the relay would refuse a moment later.
    this.now.value = { phase: 'checking' };
    try {
      await client.signOut();
    } catch (error) {
      this.now.value = before;
      throw error;
    }
    storage.removeItem(key);
    startOver();
    this.now.value = { phase: 'signed-out' };
  }

  /** For whatever a request failed with. @returns whether it ended the session */
  noticed(error: unknown): boolean {
    if (!(error instanceof TokenRefusedError)) return false;
    if (this.now.value.phase === 'signed-in') this.ended(error.message);
    return true;
  }

  /** Another tab has written whose session this browser has. */
  changedElsewhere(): void {
    const { info } = this;
    if (info === undefined) return;
    const known = this.kept();
    if (known === null) this.signedOutElsewhere();
    else if (known !== info.tokenId) this.ended(OF_SOMEBODY_ELSE);
  }

  /** Somebody is back at the page: whether the session is still theirs. */
  async verify(): Promise<void> {
    const { info } = this;
    if (info === undefined) return;
    try {
      const { tokenId } = await this.parts.client.session();
      if (this.info === info && tokenId !== info.tokenId) this.ended(OF_SOMEBODY_ELSE);
    } catch (error) {
      // Of a relay that does not answer every other part of the page tells.
      if (this.info === info) this.noticed(error);
    }
  }

  /** The session that the browser has. */
  private async resume(): Promise<void> {
    const known = this.kept();
    if (known === null) {
      this.now.value = { phase: 'signed-out' };
      return;
    }
    this.now.value = { phase: 'checking' };
    try {
      const info = await this.parts.client.session();
      if (info.tokenId === known) this.entered(info);
      else this.end(OF_SOMEBODY_ELSE);
    } catch (error) {
      if (error instanceof TokenRefusedError) this.end(error.message);
      else this.now.value = { phase: 'unknown', reason: messageOf(error) };
    }
  }

  private async offer(token: string, mine: SessionInfo): Promise<void> {
    const { client, whoIs, tell } = this.parts;
    try {
      const other = await whoIs(token);
      // The same person: from now on it is this token, which may live longer.
      if (other.tokenId === mine.tokenId) await client.signIn(token);
      else this.asking.value = { mine, other, token };
    } catch (error) {
      tell(notSignedIn(error));
    }
  }

  private kept(): string | null {
    return this.parts.storage.getItem(this.parts.key);
  }

  private entered(info: SessionInfo): void {
    this.last = info.tokenId;
    this.now.value = { phase: 'signed-in', info };
  }

  /** The session of this page is over; the browser may have another one by now, of which nothing is taken away. */
  private ended(reason: string): void {
    const known = this.kept();
    if (known === null || known === this.last) this.end(reason);
    else this.over({ phase: 'replaced' });
  }

  private end(reason: string): void {
    this.parts.storage.removeItem(this.parts.key);
    this.over({ phase: 'signed-out', reason });
  }

  private signedOutElsewhere(): void {
    this.parts.startOver();
    this.over({ phase: 'signed-out' });
  }

  private over(state: SessionState): void {
    this.asking.value = undefined;
    this.now.value = state;
  }
}

function notSignedIn(error: unknown): string {
  return `The link did not sign in: ${messageOf(error)}`;
}
