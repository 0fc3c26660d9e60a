import { expect, it } from 'vitest';
import { proxyFor } from './proxy-rules.js';

const PROXY = 'http://proxy.example:3128';
function proxied(address: string, env: Record<string, string>): string | undefined {
  return proxyFor(new URL(address), env)?.origin;
}

it.each([
  ['https://relay.example', { HTTPS_PROXY: PROXY }, PROXY],
  ['wss://relay.example', { HTTPS_PROXY: PROXY }, PROXY],
  ['http://relay.example', { HTTPS_PROXY: PROXY }, undefined],
  ['ws://relay.example', { http_proxy: 'proxy.example:3128' }, PROXY],
  ['https://relay.example', { ALL_PROXY: PROXY, HTTPS_PROXY: '' }, PROXY],
  ['https://relay.example', { https_proxy: PROXY, HTTPS_PROXY: 'http://other' }, PROXY],
  ['http://127.0.0.1:7400', { HTTP_PROXY: PROXY }, undefined],
  ['http://[::1]:7400', { HTTP_PROXY: PROXY }, undefined],
  ['http://localhost', { HTTP_PROXY: PROXY }, undefined],
])('%s with %o', (address, env, expected) => {
  expect(proxied(address, env as Record<string, string>)).toBe(expected);
});

it.each([
  ['*', true],
  ['relay.example', true],
  ['RELAY.example', true],
  ['example', true],
  ['.example', true],
  ['*.example', true],
  ['elay.example', false],
  ['other, relay.example', true],
  ['relay.example:443', true],
  ['relay.example:8443', false],
  ['', false],
])('NO_PROXY=%s', (list, isExempt) => {
  const env = { HTTPS_PROXY: PROXY, NO_PROXY: list };
  expect(proxied('https://relay.example', env)).toBe(isExempt ? undefined : PROXY);
});

it.each([
  ['https://10.1.2.3', '10.0.0.0/8', true],
  ['https://11.1.2.3', '10.0.0.0/8', false],
  ['https://10.1.2.3', '10.1.2.3', true],
  ['https://[fd00::5]', 'fd00::/8', true],
  ['https://[fd00::5]', 'fd00::5', true],
  ['https://[fd00::5]:8443', '[fd00::5]:8443', true],
  ['https://10.1.2.3', 'ten/8', false],
])('%s with NO_PROXY=%s', (address, list, isExempt) => {
  expect(proxied(address, { HTTPS_PROXY: PROXY, NO_PROXY: list })).toBe(isExempt ? undefined : PROXY);
});
