import fc from 'fast-check';
import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { isAddressOrNetwork, TrustedProxies } from './trusted-proxies.js';

const proxies = new TrustedProxies(['127.0.0.1', '10.0.0.0/8', '2001:db8:ffff::/48', '::1']);

function hops(remoteAddress: string | undefined, forwardedFor?: string) {
  const headers = forwardedFor === undefined ? {} : { 'x-forwarded-for': forwardedFor };
  return proxies.hopsOf({ socket: { remoteAddress } as Socket, headers });
}

describe('where a request began', () => {
  it.each([
    ['who is no proxy is believed nothing', '192.0.2.7', '198.51.100.1', '192.0.2.7', 0],
    ['nor over IPv6', '2001:db8:1::7', '198.51.100.1', '2001:db8:1::7', 0],
    ['a proxy that says nothing', '127.0.0.1', undefined, '127.0.0.1', 1],
    ['a proxy that says nothing much', '127.0.0.1', ' , ', '127.0.0.1', 1],
    ['one proxy', '127.0.0.1', '198.51.100.1', '198.51.100.1', 1],
    ['one proxy, on a socket of IPv6', '::ffff:127.0.0.1', '198.51.100.1', '198.51.100.1', 1],
    ['one proxy, over IPv6', '::1', '2001:db8:1::7', '2001:db8:1::7', 1],
    ['what a client forged stands further left', '127.0.0.1', '10.1.1.1, 203.0.113.9, 198.51.100.1', '198.51.100.1', 1],
    ['a chain', '127.0.0.1', '203.0.113.9, 198.51.100.1, 10.0.0.2,10.0.0.1', '198.51.100.1', 3],
    ['a chain of both families', '127.0.0.1', '2001:db8:1::7, 2001:db8:ffff::1, 10.0.0.1', '2001:db8:1::7', 3],
    ['somebody inside', '127.0.0.1', '10.9.9.9', '10.9.9.9', 1],
    ['somebody inside, over a chain', '127.0.0.1', '10.9.9.9, 10.0.0.1', '10.9.9.9', 2],
    ['an address with its port', '127.0.0.1', '198.51.100.1:5123', '198.51.100.1', 1],
    ['an IPv6 address with its port', '127.0.0.1', '[2001:db8:1::7]:5123', '2001:db8:1::7', 1],
    ['a mapped address', '127.0.0.1', '::ffff:198.51.100.1', '198.51.100.1', 1],
    ['a mapped proxy', '127.0.0.1', '198.51.100.1, ::ffff:10.0.0.1', '198.51.100.1', 2],
    ['garbage', '127.0.0.1', 'unknown', '127.0.0.1', 1],
    ['garbage behind a proxy', '127.0.0.1', '198.51.100.1, <script>, 10.0.0.1', '10.0.0.1', 2],
    ['no address at all', '127.0.0.1', '999.1.1.1', '127.0.0.1', 1],
    ['a connection that is gone', undefined, '198.51.100.1', '', 0],
  ])('C36 %s', (_name, remote, forwardedFor, address, count) => {
    expect(hops(remote, forwardedFor)).toEqual({ address, count });
  });

  it('C36 whatever a client writes in front, the nearest address that is no proxy counts', () => {
    const forged = fc.array(fc.oneof(fc.string(), fc.ipV4(), fc.ipV6(), fc.constant('10.0.0.1')));
    fc.assert(
      fc.property(forged, (texts) => {
        const said = [...texts, '198.51.100.1', '10.0.0.1'].join(', ');
        expect(hops('127.0.0.1', said)).toEqual({ address: '198.51.100.1', count: 2 });
      }),
      { seed: 6 },
    );
  });
});

it.each(['192.0.2.7', '10.0.0.0/8', '0.0.0.0/0', '::1', '2001:db8::/32', '::/0', '192.0.2.7/32', '::ffff:192.0.2.7'])(
  '%s can be trusted',
  (rule) => {
    expect(isAddressOrNetwork(rule)).toBe(true);
    expect(new TrustedProxies([rule]).trusts(rule.replace(/\/.*/, ''))).toBe(true);
  },
);

it.each([
  '',
  'localhost',
  '10.0.0.0/33',
  '2001:db8::/129',
  '10.0.0/8',
  '10.0.0.0/',
  '/8',
  'fe80::1%eth0',
  '::ffff:10.0.0.0/104',
  7,
])('%j is no address and no network', (rule) => {
  expect(isAddressOrNetwork(rule)).toBe(false);
});

it('nobody is trusted where nothing is set', () => {
  const none = new TrustedProxies([]);
  for (const address of ['127.0.0.1', '::1', '', 'x']) expect(none.trusts(address)).toBe(false);
});

it('networks of one family hold no address of the other', () => {
  expect(new TrustedProxies(['::/0']).trusts('192.0.2.7')).toBe(false);
  expect(new TrustedProxies(['::/0']).trusts('::ffff:192.0.2.7')).toBe(false);
  expect(new TrustedProxies(['0.0.0.0/0']).trusts('2001:db8::1')).toBe(false);
});
