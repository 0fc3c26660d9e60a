import { isIPv6 } from 'node:net';

/** The URL by which this machine reaches what listens there. */
export function reachableUrl(host: string, port: number, scheme: 'http' | 'https' = 'http'): string {
  const reachable = reachableHost(host);
  return `${scheme}://${isIPv6(reachable) ? `[${reachable}]` : reachable}:${port}`;
}

/** On every address means on loopback too. */
export function reachableHost(host: string): string {
  return host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
}
