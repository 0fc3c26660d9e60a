import type { EnvironmentRecord, SessionInfo } from '../protocol/index.js';
import { Administration } from './administration.js';
import { Attachment } from './attachment.js';
import type { AttachmentOptions } from './attachment-options.js';
import { clientContext, type ClientContext, type TwinlaneClientOptions } from './client-options.js';
import { presenceOf } from './presence-watch.js';
import { RelayRest } from './rest.js';
import { signIn, signOut, whoAmI } from './session.js';

/**
 * What steers agents through a relay, in browsers and in Node.
 *
 * @example
 * const client = new TwinlaneClient({ server: 'http://127.0.0.1:7400', token, WebSocket });
 * const [environment] = await client.environments({ onlineOnly: true });
 * const attachment = await client.attach(environment);
 * await attachment.runtimeStart({ agent_id: null });
 * for await (const event of await attachment.turn('ls -la')) if (isEvent(event, 'stream_delta')) show(event.delta);
 *
 * @publicApi
 */
export class TwinlaneClient {
  private readonly context: ClientContext;
  private readonly rest: RelayRest;
  /** Tokens and organisations, and what an admin does to environments. */
  readonly administration: Administration;

  /** @throws TypeError when the server is no HTTP address, or the platform lacks WebSocket or fetch and none was given */
  constructor(options: TwinlaneClientOptions) {
    this.context = clientContext(options);
    this.rest = new RelayRest(this.context);
    this.administration = new Administration(this.context.server, this.rest);
  }

  /**
   * Every environment the token may see, over all pages.
   *
   * @throws RelayUnreachableError, TokenRefusedError, RelayRefusedError
   */
  environments({ onlineOnly = false }: { onlineOnly?: boolean } = {}): Promise<EnvironmentRecord[]> {
    return this.rest.environments(onlineOnly);
  }

  /**
   * Opens both client sockets on an environment, also on one that is offline.
   *
   * @param environment its record, `connectionId` or `id`
   * @throws RelayUnreachableError, TokenRefusedError, EnvironmentNotFoundError, RelayRefusedError
   */
  attach(environment: string | EnvironmentRecord, options: AttachmentOptions = {}): Promise<Attachment> {
    const name = typeof environment === 'string' ? environment : (environment.connectionId ?? environment.id);
    return Attachment.open(
      this.context,
      name,
      options,
      typeof environment === 'string' ? 'linked' : presenceOf(environment),
    );
  }

  /**
   * Whose token, or whose session of this browser, this client shows, and what it may.
   *
   * @throws RelayUnreachableError, TokenRefusedError, RelayRefusedError
   */
  session(): Promise<SessionInfo> {
    return whoAmI(this.context, this.rest);
  }

  /**
   * Begins a session of this browser: from now on clients without a token, in pages that the relay serves, are let in by a cookie that no
   * page can read.
   *
   * @throws RelayUnreachableError, TokenRefusedError, RelayRefusedError
   */
  signIn(token: string): Promise<SessionInfo> {
    return signIn(this.context, token);
  }

  /** Ends the session of this browser. @throws RelayUnreachableError, RelayRefusedError */
  signOut(): Promise<void> {
    return signOut(this.context, this.rest);
  }
}
