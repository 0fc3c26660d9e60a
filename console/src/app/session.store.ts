import { signal, type ReadonlySignal } from '@preact/signals';
import { TokenRefusedError, type SessionInfo, type TwinlaneClient } from 'twinlane/client';

export type SessionState =
  /** The relay is being asked; `token`: with one that somebody has just given. */
  | { readonly phase: 'checking'; readonly token?: true }
  /** `reason`: why a session, or a try to begin one, ended; absent for who was just never signed in */
  | { readonly phase: 'signed-out'; readonly reason?: string }
  | { readonly phase: 'signed-in'; readonly info: SessionInfo }
  /** The relay could not be asked. */
  | { readonly phase: 'unknown'; readonly reason: string };

const KEY = 'twinlane.session';

/** Who uses this page. */
export class SessionStore {
  private readonly now = signal<SessionState>({ phase: 'checking' });

  /** @param storage of this browser: whether it has a session, because a page cannot see the cookie, and to ask without one is to be refused */
  constructor(
    private readonly client: Pick<TwinlaneClient, 'session' | 'signIn' | 'signOut'>,
    private readonly storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>,
  ) {}

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
    if (this.storage.getItem(KEY) === null) {
      this.now.value = { phase: 'signed-out' };
      return;
    }
    this.now.value = { phase: 'checking' };
    try {
      this.now.value = { phase: 'signed-in', info: await this.client.session() };
    } catch (error) {
      if (error instanceof TokenRefusedError) this.end(error);
      else this.now.value = { phase: 'unknown', reason: textOf(error) };
    }
  }

  async signIn(token: string): Promise<void> {
    this.now.value = { phase: 'checking', token: true };
    try {
      const info = await this.client.signIn(token);
      this.storage.setItem(KEY, 'yes');
      this.now.value = { phase: 'signed-in', info };
    } catch (error) {
      this.now.value = { phase: 'signed-out', reason: textOf(error) };
    }
  }

  /** @throws what the relay says against it: then the cookie is still there */
  async signOut(): Promise<void> {
    await this.client.signOut();
    this.storage.removeItem(KEY);
    this.now.value = { phase: 'signed-out' };
  }

  /** For whatever a request failed with. @returns whether it ended the session */
  noticed(error: unknown): boolean {
    if (!(error instanceof TokenRefusedError)) return false;
    if (this.now.value.phase === 'signed-in') this.end(error);
    return true;
  }

  private end({ message }: TokenRefusedError): void {
    this.storage.removeItem(KEY);
    this.now.value = { phase: 'signed-out', reason: message };
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
