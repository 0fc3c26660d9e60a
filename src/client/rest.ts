import {
  isRecord,
  readRuntime,
  readBoundedText,
  SESSION_HEADER,
  withDeadline,
  type EnvironmentChanges,
  type EnvironmentPage,
  type EnvironmentRecord,
  type RuntimePage,
} from '../protocol/index.js';
import { relayUrl, type ClientContext } from './client-options.js';
import { RelayRefusedError, RelayUnreachableError } from './client.error.js';
import { unlessAborted, type GiveUp } from './give-up.js';
import { refusal } from './refusal.js';

/** Bytes of one answer, far beyond a page of environments. */
const MAX_BODY_BYTES = 16 * 1024 * 1024;

/** Environments asked for at once: as many as a relay gives (protocol section 4). */
const PAGE = '1000';
const NO_SUCH_PATH = 404;

interface RestAnswer {
  readonly status: number;
  readonly body: string;
  readonly retryAfter: string | null;
}

interface AskOptions extends GiveUp {
  /** Whom the path names, where it is one that may be unknown. */
  readonly environment?: string;
}

/** `GET /v1/environments` and below (protocol section 4). */
export class RelayRest {
  constructor(private readonly context: ClientContext) {}

  /** Every environment, page after page. */
  async environments(onlineOnly: boolean, signal?: AbortSignal): Promise<EnvironmentRecord[]> {
    const all: EnvironmentRecord[] = [];
    for (;;) {
      const after = all.at(-1)?.id;
      const query = { onlineOnly: onlineOnly ? 'true' : undefined, limit: PAGE, after };
      const page = await this.get(relayUrl(this.context.server, '/v1/environments', query), { signal });
      if (!isPage(page)) throw this.unreachable('it answered, but not as a relay does');
      all.push(...page.connections);
      if (!page.hasNextPage || page.connections.length === 0) return all;
      // It would be asked the same for ever.
      if (all.at(-1)?.id === after) throw this.unreachable('its list of environments does not go on');
    }
  }

  /** @param since `cursor` of the answer before @returns undefined where the relay cannot be asked for changes */
  async changes(since: string | undefined, signal?: AbortSignal): Promise<EnvironmentChanges | undefined> {
    try {
      const page = await this.get(relayUrl(this.context.server, '/v1/environment-changes', { since }), { signal });
      if (!isChanges(page)) throw this.unreachable('it answered, but not as a relay does');
      return page;
    } catch (error) {
      if (error instanceof RelayRefusedError && error.status === NO_SUCH_PATH) return undefined;
      throw error;
    }
  }

  /** @param name `id` or `connectionId` */
  async environment(name: string, signal?: AbortSignal): Promise<EnvironmentRecord> {
    const path = `/v1/environments/${encodeURIComponent(name)}`;
    const record = await this.get(relayUrl(this.context.server, path), { environment: name, signal });
    if (!isEnvironment(record)) throw this.unreachable('it answered, but not as a relay does');
    return record;
  }

  /** @param name `id` or `connectionId` */
  async runtimes(name: string, limit: number | undefined, signal?: AbortSignal): Promise<RuntimePage> {
    const path = `/v1/environments/${encodeURIComponent(name)}/runtimes`;
    const page = await this.get(relayUrl(this.context.server, path, { limit: limit?.toString() }), {
      environment: name,
      signal,
    });
    if (!isRuntimePage(page)) throw this.unreachable('it answered, but not as a relay does');
    return page;
  }

  private get(url: URL, options: AskOptions): Promise<unknown> {
    return this.ask('GET', url, undefined, options);
  }

  /**
   * Any request of the relay's REST.
   *
   * @returns the JSON of the answer
   * @throws RelayUnreachableError, TokenRefusedError, EnvironmentNotFoundError, RelayRefusedError
   */
  async ask(
    method: 'GET' | 'POST' | 'DELETE',
    url: URL,
    content?: object,
    { environment, signal }: AskOptions = {},
  ): Promise<unknown> {
    const { clock, limits } = this.context;
    const abort = new AbortController();
    const late = () => this.unreachable(`no answer within ${limits.requestTimeoutMs} ms`);
    const asked = withDeadline(
      this.fetchText(method, url, content, abort.signal),
      limits.requestTimeoutMs,
      clock,
      late,
    );
    const { status, body, retryAfter } = await unlessAborted(asked, signal).catch((error: unknown) => {
      // Nobody waits for it any more. One that was answered is left alone: browsers would show it as failed.
      abort.abort();
      throw error;
    });
    if (status < 200 || status > 299) throw refusal(status, body, retryAfter, environment);
    try {
      return JSON.parse(body);
    } catch (cause) {
      throw this.unreachable('it answered, but not with JSON', cause);
    }
  }

  private async fetchText(
    method: string,
    url: URL,
    content: object | undefined,
    signal: AbortSignal,
  ): Promise<RestAnswer> {
    const { fetch, token } = this.context;
    // Without a token a header that no page of another origin can send: the cookie counts with it.
    const shown: Record<string, string> = token
      ? { authorization: `Bearer ${await token()}` }
      : { [SESSION_HEADER]: '1' };
    try {
      const response = await fetch(url.href, {
        signal,
        ...(content === undefined
          ? { method, headers: shown }
          : { method, headers: { ...shown, 'content-type': 'application/json' }, body: JSON.stringify(content) }),
      });
      const retryAfter = response.headers.get('retry-after');
      return { status: response.status, body: await readBoundedText(response, MAX_BODY_BYTES, signal), retryAfter };
    } catch (cause) {
      throw this.unreachable(reasonOf(cause), cause);
    }
  }

  private unreachable(detail: string, cause?: unknown): RelayUnreachableError {
    return new RelayUnreachableError(this.context.server.origin, detail, { cause });
  }
}

/** The word that helps, which `fetch` keeps one level down. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  if (isRecord(cause) && typeof cause['code'] === 'string') return cause['code'];
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message;
}

function isPage(value: unknown): value is EnvironmentPage {
  return isRecord(value) && areEnvironments(value['connections']);
}

function isChanges(value: unknown): value is EnvironmentChanges {
  if (!isRecord(value) || typeof value['cursor'] !== 'string' || typeof value['recovered'] !== 'boolean') return false;
  return areEnvironments(value['changed']) && Array.isArray(value['gone']);
}

function areEnvironments(value: unknown): value is EnvironmentRecord[] {
  return Array.isArray(value) && value.every((one: unknown) => isRecord(one) && typeof one['id'] === 'string');
}

function isEnvironment(value: unknown): value is EnvironmentRecord {
  return isRecord(value) && typeof value['id'] === 'string' && value['connectionId'] !== undefined;
}

function isRuntimePage(value: unknown): value is RuntimePage {
  if (!isRecord(value) || !Array.isArray(value['runtimes'])) return false;
  return value['runtimes'].every((one: unknown) => isRecord(one) && readRuntime(one['runtime']) !== undefined);
}
