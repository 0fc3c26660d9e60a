import type { IncomingHttpHeaders } from 'node:http';
import { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import type { Server } from 'node:http';
import { arrivalOf, noteArrivals, type Arrival } from './arrival.js';
import { TrustedProxies } from './trusted-proxies.js';

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;

/** How an upgrade with these headers comes, directly or over a proxy that is trusted. */
function arrival(headers: IncomingHttpHeaders, { proxies = ['127.0.0.1'], tls = false } = {}): Arrival {
  const plain = new Socket();
  const socket = tls ? new TLSSocket(plain) : plain;
  Object.defineProperty(socket, 'remoteAddress', { value: '127.0.0.1' });
  const http = new EventEmitter();
  noteArrivals(http as Server, new TrustedProxies(proxies));
  const request = { socket, headers };
  http.emit('upgrade', request);
  return arrivalOf(request);
}

const SAID = {
  host: 'inner:7400',
  'x-forwarded-for': '198.51.100.1',
  'x-forwarded-proto': 'https',
  'x-forwarded-host': 'relay.example',
  'x-request-id': 'from-the-proxy',
};

describe('behind a proxy that is trusted', () => {
  it('what it says counts', () => {
    expect(arrival(SAID)).toEqual({
      requestId: 'from-the-proxy',
      address: '198.51.100.1',
      base: 'https://relay.example',
    });
  });

  it('C36 what the client itself said stands further left, and does not', () => {
    const forged = {
      ...SAID,
      'x-forwarded-for': '10.0.0.1, 198.51.100.1',
      'x-forwarded-proto': 'http, https',
      'x-forwarded-host': 'evil.example, relay.example',
    };
    expect(arrival(forged)).toMatchObject({ address: '198.51.100.1', base: 'https://relay.example' });
  });

  it('of a chain the outermost proxy counts, whether those further in add to the list or pass it on', () => {
    const proxies = ['127.0.0.1', '10.0.0.1'];
    const chain = { ...SAID, 'x-forwarded-for': '198.51.100.1, 10.0.0.1' };
    expect(arrival({ ...chain, 'x-forwarded-proto': 'https, http' }, { proxies }).base).toBe('https://relay.example');
    expect(arrival(chain, { proxies }).base).toBe('https://relay.example');
  });

  it.each(['wss', 'HTTPS'])('the scheme %s is https', (proto) => {
    expect(arrival({ ...SAID, 'x-forwarded-proto': proto }).base).toBe('https://relay.example');
  });

  it.each(['constructor', 'ftp', '', 'https://'])('the scheme %j is none', (proto) => {
    expect(arrival({ ...SAID, 'x-forwarded-proto': proto }).base).toBe('http://relay.example');
  });

  it.each(['a/b', 'user@host', 'a b', 'x'.repeat(20) + ':123456', '[::1', 'a?b', ''])('the host %j is none', (host) => {
    expect(arrival({ ...SAID, 'x-forwarded-host': host }).base).toBe('https://inner:7400');
  });

  it.each(['a b', 'x'.repeat(129), 'ä', 'a"b', '<x>', ''])('the request id %j is replaced', (requestId) => {
    expect(arrival({ ...SAID, 'x-request-id': requestId }).requestId).toMatch(UUID);
  });
});

describe('from anybody else', () => {
  it('C36 none of it counts', () => {
    expect(arrival(SAID, { proxies: ['10.0.0.1'] })).toEqual({
      requestId: expect.stringMatching(UUID),
      address: '127.0.0.1',
      base: 'http://inner:7400',
    });
  });

  it('over TLS the base is https', () => {
    expect(arrival({ host: 'relay.example' }, { proxies: [], tls: true }).base).toBe('https://relay.example');
  });
});

it('a request keeps its name', () => {
  const request = { socket: new Socket(), headers: {} };
  expect(arrivalOf(request)).toBe(arrivalOf(request));
});
