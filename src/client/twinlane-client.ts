import type { EnvironmentRecord, RuntimePage, SessionInfo } from '../protocol/index.js';
import { Administration } from './administration.js';
import { Attachment } from './attachment.js';
import type { AttachmentOptions } from './attachment-options.js';
import { clientContext, type ClientContext, type TwinlaneClientOptions } from './client-options.js';
import { watchEnvironments, type EnvironmentsUpdate } from './environment-watch.js';
import type { GiveUp } from './give-up.js';
import { presenceOf } from './presence-watch.js';
import { RelayRest } from './rest.js';
import { signIn, signOut, whoAmI } from './session.js';

/** Which environments are wanted. */
export interface EnvironmentsOptions extends GiveUp {
  /** Leaves out those that are offline. Default false. */
  readonly onlineOnly?: boolean;
}

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
  environments({ onlineOnly = false, signal }: EnvironmentsOptions = {}): Promise<EnvironmentRecord[]> {
    return this.rest.environments(onlineOnly, signal);
  }

  /**
   * One environment as it is now.
   *
   * @param id its `id`, `connectionId` or `deviceId`; names are not unique, so look for one in `environments()`
   * @throws RelayUnreachableError, TokenRefusedError, EnvironmentNotFoundError, RelayRefusedError
   */
  environment(id: string, { signal }: GiveUp = {}): Promise<EnvironmentRecord> {
    return this.rest.environment(id, signal);
  }

  /**
   * The environments as they are, and then again whenever one has come, gone or changed: the relay is asked for changes every `watchMs`, while
   * somebody iterates and has taken what there was; when one that is online was last heard of is no change. While it cannot be asked, `error` says why, the list stays what it was, and asking goes on, more rarely.
   *
   * @throws TokenRefusedError
   */
  watchEnvironments({ onlineOnly = false, signal }: EnvironmentsOptions = {}): AsyncIterableIterator<
    EnvironmentsUpdate,
    undefined
  > {
    const source = {
      list: () => this.rest.environments(onlineOnly),
      changes: (since: string | undefined) => this.rest.changes(since),
      wants: ({ connectionId }: EnvironmentRecord) => !onlineOnly || connectionId !== null,
    };
    return watchEnvironments(this.context, source, signal);
  }

  /**
   * The runtimes, and with them the conversations, of which the relay has events; the newest first. It needs no listener: what they hold is
   * read by `attach(environment, { runtime, history })`.
   *
   * @param environment its record, `connectionId` or `id`
   * @param options `limit`: 1 to 1,000, default 100
   * @throws RelayUnreachableError, TokenRefusedError, EnvironmentNotFoundError, RelayRefusedError
   */
  runtimes(environment: string | EnvironmentRecord, options: { limit?: number } & GiveUp = {}): Promise<RuntimePage> {
    return this.rest.runtimes(nameOf(environment), options.limit, options.signal);
  }

  /**
   * Opens both client sockets on an environment, also on one that is offline.
   *
   * @param environment its record, `connectionId` or `id`
   * @throws RelayUnreachableError, TokenRefusedError, EnvironmentNotFoundError, RelayRefusedError
   */
  attach(environment: string | EnvironmentRecord, options: AttachmentOptions = {}): Promise<Attachment> {
    return Attachment.open(
      this.context,
      typeof environment === 'string' ? environment : (environment.connectionId ?? environment.id),
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

function nameOf(environment: string | EnvironmentRecord): string {
  return typeof environment === 'string' ? environment : environment.id;
}
