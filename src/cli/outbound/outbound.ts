import { WebSocket, type ClientOptions } from 'ws';
import { causesOf } from '../causes.js';
import type { TwinlaneClientOptions } from '../../client/index.js';
import type { HttpFetch } from '../../registration/index.js';
import type { WsRoute } from '../../transport/index.js';
import { ProxyRefusedError } from './proxy-refused.error.js';
import { namesProxy, proxyFor, type Env } from './proxy-rules.js';
import { trustedAuthorities } from './trusted-authorities.js';

/** How this process reaches a relay: directly or through a proxy, trusting whom. */
export interface Outbound {
  /** The proxy for an address; undefined: none. */
  readonly proxyOf: (url: URL) => URL | undefined;
  readonly fetch: HttpFetch;
  readonly routeTo: (url: URL) => WsRoute;
  /** For `TwinlaneClient`. */
  readonly client: Required<Pick<TwinlaneClientOptions, 'WebSocket' | 'fetch'>>;
}

/**
 * Reads from the environment and `--ca-file` how to reach a relay. Where nothing is set, everything is the platform's own.
 *
 * @throws CliError when a proxy or the file cannot be used
 */
export async function outbound(server: string, { caFile }: { caFile?: string }, env: Env): Promise<Outbound> {
  const proxyOf = (url: URL): URL | undefined => proxyFor(url, env);
  const proxy = proxyOf(new URL(server));
  const tls = caFile === undefined ? {} : { ca: await trustedAuthorities(caFile, env) };
  if (caFile === undefined && !namesProxy(env)) return assemble(proxyOf, globalThis.fetch, () => ({}));
  const [{ Agent, fetch, ProxyAgent }, { TunnelAgent }] = await Promise.all([
    import('undici'),
    import('./tunnel-agent.js'),
  ]);
  const dispatcher = proxy
    ? new ProxyAgent({ uri: proxy.href, requestTls: tls, proxyTls: tls })
    : new Agent({ connect: tls });
  // Same interface as the platform's own, which takes no dispatcher of another version.
  const routed = ((url: string, init: object) =>
    fetch(url, { ...init, dispatcher }).catch((error: unknown) => {
      throw refusedByProxy(error, proxy, url) ?? error;
    })) as unknown as HttpFetch;
  return assemble(proxyOf, routed, (url) => {
    const way = proxyOf(url);
    return way ? { ...tls, agent: new TunnelAgent(way.href, tls) } : tls;
  });
}

/** Says so where it was the proxy; undici has a text for it, but no code. */
function refusedByProxy(error: unknown, proxy: URL | undefined, target: string): Error | undefined {
  const [status] = causesOf(error).flatMap(({ message }) => /^Proxy response \((\d+)\)/.exec(message)?.[1] ?? []);
  return proxy && status !== undefined
    ? new ProxyRefusedError(proxy, new URL(target).host, status, { cause: error })
    : undefined;
}

function assemble(proxyOf: Outbound['proxyOf'], fetch: HttpFetch, routeTo: Outbound['routeTo']): Outbound {
  class RoutedWebSocket extends WebSocket {
    constructor(url: string, protocols?: string[], options?: ClientOptions) {
      super(url, protocols, { ...options, ...routeTo(new URL(url)) });
    }
  }
  return { proxyOf, fetch, routeTo, client: { fetch, WebSocket: RoutedWebSocket } };
}
