import {
  isRecord,
  readRuntime,
  readBoundedText,
  withDeadline,
  type EnvironmentPage,
  type EnvironmentRecord,
  type RuntimePage,
} from '../protocol/index.js';
import { relayUrl, type ClientContext } from './client-options.js';
import { RelayUnreachableError } from './client.error.js';
import { refusal } from './refusal.js';

/** Bytes of one answer, far beyond a page of environments. */
const MAX_BODY_BYTES = 16 * 1024 * 1024;

interface RestAnswer {
  readonly status: number;
  readonly body: string;
  readonly retryAfter: string | null;
}

/** `GET /v1/environments` and below (protocol section 4). */
export class RelayRest {
  constructor(private readonly context: ClientContext) {}

  /** Every environment, page after page. */
  async environments(onlineOnly: boolean): Promise<EnvironmentRecord[]> {
    const all: EnvironmentRecord[] = [];
    for (;;) {
      const after = all.at(-1)?.id;
      const query = { onlineOnly: onlineOnly ? 'true' : undefined, after };
      const page = await this.get(relayUrl(this.context.server, '/v1/environments', query));
      if (!isPage(page)) throw this.unreachable('it answered, but not as a relay does');
      all.push(...page.connections);
      if (!page.hasNextPage || page.connections.length === 0) return all;
      // It would be asked the same for ever.
      if (all.at(-1)?.id === after) throw this.unreachable('its list of environments does not go on');
    }
  }

  /** @param name `id` or `connectionId` */
  async environment(name: string): Promise<EnvironmentRecord> {
    const path = `/v1/environments/${encodeURIComponent(name)}`;
    const record = await this.get(relayUrl(this.context.server, path), name);
    if (!isEnvironment(record)) throw this.unreachable('it answered, but not as a relay does');
    return record;
  }

  /** @param name `id` or `connectionId` */
  async runtimes(name: string, limit: number | undefined): Promise<RuntimePage> {
    const path = `/v1/environments/${encodeURIComponent(name)}/runtimes`;
    const page = await this.get(relayUrl(this.context.server, path, { limit: limit?.toString() }), name);
    if (!isRuntimePage(page)) throw this.unreachable('it answered, but not as a relay does');
    return page;
  }

  private get(url: URL, environment?: string): Promise<unknown> {
    return this.ask('GET', url, undefined, environment);
  }

  /**
   * Any request of the relay's REST.
   *
   * @param environment whom the path names, where it is one that may be unknown
   * @returns the JSON of the answer
   * @throws RelayUnreachableError, TokenRefusedError, EnvironmentNotFoundError, RelayRefusedError
   */
  async ask(method: 'GET' | 'POST' | 'DELETE', url: URL, content?: object, environment?: string): Promise<unknown> {
    const { clock, limits } = this.context;
    const abort = new AbortController();
    const late = () => {
      abort.abort();
      return this.unreachable(`no answer within ${limits.requestTimeoutMs} ms`);
    };
    const { status, body, retryAfter } = await withDeadline(
      this.fetchText(method, url, content, abort.signal),
      limits.requestTimeoutMs,
      clock,
      late,
    );
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
    const authorization = `Bearer ${await token()}`;
    try {
      const response = await fetch(url.href, {
        signal,
        ...(content === undefined
          ? { method, headers: { authorization } }
          : { method, headers: { authorization, 'content-type': 'application/json' }, body: JSON.stringify(content) }),
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
  if (!isRecord(value) || !Array.isArray(value['connections'])) return false;
  return value['connections'].every((one: unknown) => isRecord(one) && typeof one['id'] === 'string');
}

function isEnvironment(value: unknown): value is EnvironmentRecord {
  return isRecord(value) && typeof value['id'] === 'string' && value['connectionId'] !== undefined;
}

function isRuntimePage(value: unknown): value is RuntimePage {
  if (!isRecord(value) || !Array.isArray(value['runtimes'])) return false;
  return value['runtimes'].every((one: unknown) => isRecord(one) && readRuntime(one['runtime']) !== undefined);
}
