import { signal, type ReadonlySignal } from '@preact/signals';
import { TokenRefusedError, type SessionInfo, type TwinlaneClient } from 'twinlane/client';
import { messageOf } from '../ui/index.js';

export type SessionState =
  /** The relay is being asked; `token`: with one that somebody has just given. */
  | { readonly phase: 'checking'; readonly token?: true }
  /** `reason`: why a session, or a try to begin one, ended; absent for who was just never signed in */
  | { readonly phase: 'signed-out'; readonly reason?: string }
  | { readonly phase: 'signed-in'; readonly info: SessionInfo }
  /** The relay could not be asked. */
  | { readonly phase: 'unknown'; readonly reason: string };

const OF_SOMEBODY_ELSE =
  'The session of this browser was changed from elsewhere, and is not yours any more. Sign in again.';

export interface SessionParts {
  /** Under which the browser keeps whose session it has: not the same for two relays of one origin. */
  readonly key: string;
  /** Lets go of all that the page, and its tab, know of whoever used them before: the page begins again. */
  readonly startOver: () => void;
}

/** Who uses this page. */
export class SessionStore {
  private readonly now = signal<SessionState>({ phase: 'checking' });
  /** Whose session this page had last. */
  private last: string | null;

  /**
   * @param storage of this browser: whose session it has, because a page cannot see the cookie, and to ask without one is to be refused. A
   *   server on another port or subdomain may set the cookie, but cannot write here
   */
  constructor(
    private readonly client: Pick<TwinlaneClient, 'session' | 'signIn' | 'signOut'>,
    private readonly storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>,
    private readonly parts: SessionParts,
  ) {
    this.last = storage.getItem(parts.key);
  }

  get state(): ReadonlySignal<SessionState> {
    return this.now;
  }

  /** Who is signed in; undefined for nobody. */
  get info(): SessionInfo | undefined {
    const { value } = this.now;
    return value.phase === 'signed-in' ? value.info : undefined;
  }

  /** @param token of the link that the page was opened with: it goes before a session that the browser has */
  async begin(token: string | undefined): Promise<void> {
    if (token !== undefined) return this.signIn(token);
    const known = this.storage.getItem(this.parts.key);
    if (known === null) {
      this.now.value = { phase: 'signed-out' };
      return;
    }
    this.now.value = { phase: 'checking' };
    try {
      const info = await this.client.session();
      if (info.tokenId === known) this.entered(info);
      else this.end(OF_SOMEBODY_ELSE);
    } catch (error) {
      if (error instanceof TokenRefusedError) this.end(error.message);
      else this.now.value = { phase: 'unknown', reason: messageOf(error) };
    }
  }

  async signIn(token: string): Promise<void> {
    this.now.value = { phase: 'checking', token: true };
    try {
      const info = await this.client.signIn(token);
      this.storage.setItem(this.parts.key, info.tokenId);
      if (this.last === null || this.last === info.tokenId) this.entered(info);
      else this.parts.startOver();
    } catch (error) {
      this.now.value = { phase: 'signed-out', reason: messageOf(error) };
    }
  }

  /** @throws what the relay says against it: then the cookie is still there */
  async signOut(): Promise<void> {
    await this.client.signOut();
    this.storage.removeItem(this.parts.key);
    this.now.value = { phase: 'signed-out' };
  }

  /** For whatever a request failed with. @returns whether it ended the session */
  noticed(error: unknown): boolean {
    if (!(error instanceof TokenRefusedError)) return false;
    if (this.now.value.phase === 'signed-in') this.end(error.message);
    return true;
  }

  private entered(info: SessionInfo): void {
    this.last = info.tokenId;
    this.now.value = { phase: 'signed-in', info };
  }

  private end(reason: string): void {
    this.storage.removeItem(this.parts.key);
    this.now.value = { phase: 'signed-out', reason };
  }
}
