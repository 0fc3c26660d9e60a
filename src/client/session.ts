import { SESSION_PATH, type SessionInfo } from '../protocol/index.js';
import { relayUrl, type ClientContext } from './client-options.js';
import { RelayRest } from './rest.js';

/** Whose token or session this is (protocol section 4). */
export async function whoAmI({ server }: ClientContext, rest: RelayRest): Promise<SessionInfo> {
  return (await rest.ask('GET', relayUrl(server, SESSION_PATH))) as SessionInfo;
}

/** Exchanges a token for the cookie of a session. */
export async function signIn(context: ClientContext, token: string): Promise<SessionInfo> {
  const rest = new RelayRest({ ...context, token: () => token });
  return (await rest.ask('POST', relayUrl(context.server, SESSION_PATH))) as SessionInfo;
}

/** Takes the cookie back. */
export async function signOut({ server }: ClientContext, rest: RelayRest): Promise<void> {
  await rest.ask('DELETE', relayUrl(server, SESSION_PATH));
}
