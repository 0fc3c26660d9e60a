import type { EnvironmentRecord, RuntimePage } from '../protocol/index.js';
import { Administration } from './administration.js';
import { Attachment } from './attachment.js';
import type { AttachmentOptions } from './attachment-options.js';
import { clientContext, type ClientContext, type TwinlaneClientOptions } from './client-options.js';
import { presenceOf } from './presence-watch.js';
import { RelayRest } from './rest.js';

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
   * One environment as it is now.
   *
   * @param name its `id`, `connectionId` or `deviceId`
   * @throws RelayUnreachableError, TokenRefusedError, EnvironmentNotFoundError, RelayRefusedError
   */
  environment(name: string): Promise<EnvironmentRecord> {
    return this.rest.environment(name);
  }

  /**
   * The runtimes, and with them the conversations, of which the relay has events; the newest first. It needs no listener: what they hold is
   * read by `attach(environment, { runtime, history })`.
   *
   * @param environment its record, `connectionId` or `id`
   * @param options `limit`: 1 to 1,000, default 100
   * @throws RelayUnreachableError, TokenRefusedError, EnvironmentNotFoundError, RelayRefusedError
   */
  runtimes(environment: string | EnvironmentRecord, options: { limit?: number } = {}): Promise<RuntimePage> {
    return this.rest.runtimes(nameOf(environment), options.limit);
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
}

function nameOf(environment: string | EnvironmentRecord): string {
  return typeof environment === 'string' ? environment : environment.id;
}
