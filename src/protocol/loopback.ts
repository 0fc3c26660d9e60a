/** IPv4 addresses of this machine, also as they are written inside IPv6. */
const LOOPBACK_V4 = /^(::ffff:)?127(\.\d{1,3}){3}$|^::ffff:7f[\da-f]{2}:[\da-f]{1,4}$/i;

/**
 * Whether only this machine can have this address.
 *
 * @param host a name or an address, with or without the brackets that an IPv6 address has in a URL
 */
export function isLoopback(host: string): boolean {
  const address = host.replace(/^\[|\]$/g, '');
  return address === 'localhost' || address === '::1' || LOOPBACK_V4.test(address);
}
