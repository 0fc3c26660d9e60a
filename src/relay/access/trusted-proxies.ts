import type { IncomingMessage } from 'node:http';
import { BlockList, isIP, isIPv4, isIPv6 } from 'node:net';

/** How Node writes an IPv4 address that came over a socket of IPv6. */
const MAPPED = /^::ffff:(?=\d+\.)/i;
/** Some proxies write the port too: `192.0.2.7:5123`, `[2001:db8::1]:5123`. */
const WITH_PORT = /^(?:\[([^\]]+)\]|(\d+(?:\.\d+){3}))(?::\d{1,5})?$/;
const NETWORK = /^([^/]+)\/(\d{1,3})$/;
const BITS = { ipv4: 32, ipv6: 128 } as const;

/** What the proxies that a request came through say of where it began. */
export interface Hops {
  /** The nearest address that is no trusted proxy's, as Node writes it; empty for a connection that is gone. */
  readonly address: string;
  /** Trusted proxies in between; 0: the request came directly, or from somebody whose headers mean nothing. */
  readonly count: number;
}

/**
 * The proxies whose `X-Forwarded-*` headers count; those of everybody else are as good as none, because whoever sends a request may
 * write them.
 */
export class TrustedProxies {
  /** Apart: a network of IPv6 such as `::/8` would hold every IPv4 address, too. */
  private readonly lists = { ipv4: new BlockList(), ipv6: new BlockList() };

  /** @param rules addresses, and networks such as `10.0.0.0/8`; see `isAddressOrNetwork` */
  constructor(rules: readonly string[]) {
    for (const rule of rules) {
      const [, network, bits] = NETWORK.exec(rule) ?? [];
      const address = plainAddress(network ?? rule);
      const family = familyOf(address);
      if (bits === undefined) this.lists[family].addAddress(address, family);
      else this.lists[family].addSubnet(address, Number(bits), family);
    }
  }

  /** @param address as Node writes it */
  trusts(address: string): boolean {
    const plain = plainAddress(address);
    const family = familyOf(plain);
    return isIP(plain) !== 0 && this.lists[family].check(plain, family);
  }

  /** Goes back from the connection, over what each trusted proxy says of its own peer, to the first that is none. */
  hopsOf({ socket, headers }: Pick<IncomingMessage, 'socket' | 'headers'>): Hops {
    let address = socket.remoteAddress ?? '';
    if (!this.trusts(address)) return { address, count: 0 };
    const said = listOf(headers['x-forwarded-for']);
    let count = 1;
    for (const text of said.toReversed()) {
      const next = addressIn(text);
      // What a proxy does not say in a way that is understood counts as its own.
      if (next === undefined) break;
      address = next;
      if (!this.trusts(next)) break;
      if (count < said.length) count += 1;
    }
    return { address, count };
  }
}

/** Whether a text is an address or a network of this form: `192.0.2.7`, `10.0.0.0/8`, `2001:db8::/32`. */
export function isAddressOrNetwork(text: unknown): boolean {
  if (typeof text !== 'string') return false;
  const [, network, bits] = NETWORK.exec(text) ?? [];
  if (network === undefined || bits === undefined) return isIP(text) !== 0 && !text.includes('%');
  return isIP(network) !== 0 && !/%|^::ffff:/i.test(network) && Number(bits) <= BITS[familyOf(network)];
}

/** An IPv4 address as such where it stands in an IPv6 address, and without the name of an interface. */
export function plainAddress(address: string): string {
  return address.replace(MAPPED, '').replace(/%.*$/, '');
}

/** What a header lists, oldest first. */
export function listOf(header: string | readonly string[] | undefined): string[] {
  return (typeof header === 'string' ? header : (header ?? []).join(',')).split(',').map((item) => item.trim());
}

function addressIn(text: string): string | undefined {
  const [, v6, v4] = WITH_PORT.exec(text) ?? [];
  if (v4 !== undefined) return isIPv4(v4) ? v4 : undefined;
  const bare = v6 ?? text;
  return isIPv6(bare) ? plainAddress(bare) : undefined;
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIPv6(address) ? 'ipv6' : 'ipv4';
}
