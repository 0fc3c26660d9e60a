import type { IncomingMessage } from 'node:http';
import { isIPv6 } from 'node:net';
import { arrivalOf } from './arrival.js';
import { plainAddress } from './trusted-proxies.js';

/** Groups of an IPv6 address that name a network: whoever has one of its addresses has all of them (RFC 6177). */
const NETWORK_GROUPS = 4;
const GROUPS = 8;

/**
 * Where a request comes from, as limits count it: an IPv4 address, or the /64 network of an IPv6 address. Behind trusted proxies it
 * is what they say.
 */
export function addressOf(request: Pick<IncomingMessage, 'socket' | 'headers'>): string {
  return countedAddress(arrivalOf(request).address);
}

/** @param address as Node writes it; empty for a connection that is gone */
export function countedAddress(address: string): string {
  const bare = plainAddress(address);
  return isIPv6(bare) ? `${groupsOf(bare).slice(0, NETWORK_GROUPS).join(':')}::/64` : bare;
}

/** All groups of an address, without zeros before them. */
function groupsOf(address: string): string[] {
  const [head = '', tail] = address.toLowerCase().split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const left = tail === undefined ? 0 : GROUPS - before.length - after.length;
  const zeros = Array.from({ length: Math.max(0, left) }, () => '0');
  return [...before, ...zeros, ...after].map((group) => group.replace(/^0+(?=.)/, ''));
}
