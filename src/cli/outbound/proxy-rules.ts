import { BlockList, isIP } from 'node:net';
import { isLoopback } from '../../protocol/index.js';
import { usageError } from '../cli.error.js';

export type Env = Readonly<Record<string, string | undefined>>;

const DEFAULT_PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 };

/**
 * The proxy for an address, by `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`, in capitals or not. Sockets go the
 * way of their scheme's requests: `wss:` as `https:`. What runs on this machine is always reached directly.
 *
 * @throws CliError when the variable names no HTTP proxy
 */
export function proxyFor(url: URL, env: Env): URL | undefined {
  const scheme = url.protocol === 'https:' || url.protocol === 'wss:' ? 'https' : 'http';
  const name = [`${scheme}_proxy`, 'all_proxy'].find((candidate) => read(env, candidate) !== '');
  if (name === undefined || isLoopback(url.hostname) || isExempt(url, `${scheme}:`, read(env, 'no_proxy')))
    return undefined;
  return parseProxy(name.toUpperCase(), read(env, name));
}

/** Whether any address may have a proxy. */
export function namesProxy(env: Env): boolean {
  return ['http_proxy', 'https_proxy', 'all_proxy'].some((name) => read(env, name) !== '');
}

function read(env: Env, name: string): string {
  return env[name] || env[name.toUpperCase()] || '';
}

function parseProxy(name: string, value: string): URL {
  const text = value.includes('://') ? value : `http://${value}`;
  const proxy = URL.canParse(text) ? new URL(text) : undefined;
  if (proxy && /^https?:$/.test(proxy.protocol) && proxy.hostname !== '') return proxy;
  // The value may hold a password.
  throw usageError(
    `${name} names no HTTP proxy; write it like http://proxy.example:3128, or exempt the relay with NO_PROXY. SOCKS is not supported.`,
  );
}

function isExempt(url: URL, scheme: string, list: string): boolean {
  const host = hostOf(url);
  const port = Number(url.port) || DEFAULT_PORTS[scheme];
  return list.split(/[\s,]+/).some((entry) => {
    const [, pattern = entry, only] = /^(.+?|\[.+\]):(\d+)$/.exec(isIP(entry) === 0 ? entry : '') ?? [];
    return (only === undefined || Number(only) === port) && matches(host, pattern.toLowerCase());
  });
}

/** `*`, a name with all that is below it, an address, or a network such as `10.0.0.0/8`. */
function matches(host: string, pattern: string): boolean {
  if (pattern === '') return false;
  if (pattern === '*') return true;
  const [network = '', bits] = pattern.split('/');
  const version = isIP(host);
  if (bits !== undefined && version !== 0) return isInNetwork(host, version, network, Number(bits));
  const name = pattern.replace(/^\*?\./, '').replace(/^\[|\]$/g, '');
  return host === name || host.endsWith(`.${name}`);
}

function isInNetwork(host: string, version: number, network: string, bits: number): boolean {
  const family = version === 4 ? 'ipv4' : 'ipv6';
  const width = version === 4 ? 32 : 128;
  if (isIP(network) !== version || !Number.isInteger(bits) || bits < 0 || bits > width) return false;
  const list = new BlockList();
  list.addSubnet(network, bits, family);
  return list.check(host, family);
}

function hostOf(url: URL): string {
  return url.hostname.toLowerCase().replace(/^\[|\]$/g, '');
}
