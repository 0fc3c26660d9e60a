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

/** Who uses this page. */
export class SessionStore {
  private readonly now = signal<SessionState>({ phase: 'checking' });

  constructor(private readonly client: Pick<TwinlaneClient, 'session' | 'signIn' | 'signOut'>) {}

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
    this.now.value = { phase: 'checking' };
    try {
      this.now.value = { phase: 'signed-in', info: await this.client.session() };
    } catch (error) {
      // Without a cookie nobody is refused: nobody was there.
      if (error instanceof TokenRefusedError) this.now.value = endOf(error);
      else this.now.value = { phase: 'unknown', reason: textOf(error) };
    }
  }

  async signIn(token: string): Promise<void> {
    this.now.value = { phase: 'checking', token: true };
    try {
      this.now.value = { phase: 'signed-in', info: await this.client.signIn(token) };
    } catch (error) {
      this.now.value = { phase: 'signed-out', reason: textOf(error) };
    }
  }

  /** @throws what the relay says against it: then the cookie is still there */
  async signOut(): Promise<void> {
    await this.client.signOut();
    this.now.value = { phase: 'signed-out' };
  }

  /** For whatever a request failed with. @returns whether it ended the session */
  noticed(error: unknown): boolean {
    if (!(error instanceof TokenRefusedError)) return false;
    if (this.now.value.phase === 'signed-in') this.now.value = { phase: 'signed-out', reason: error.message };
    return true;
  }
}

/** "The token is not known" is nothing to tell who has shown none. */
function endOf(error: TokenRefusedError): SessionState {
  return /revoked|expired/i.test(error.message)
    ? { phase: 'signed-out', reason: error.message }
    : { phase: 'signed-out' };
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
