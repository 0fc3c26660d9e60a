import { expect, it } from 'vitest';
import { isLoopback } from './loopback.js';

it.each([
  ['localhost', true],
  ['127.0.0.1', true],
  ['127.1.2.3', true],
  ['::1', true],
  ['[::1]', true],
  ['::ffff:127.0.0.1', true],
  ['[::ffff:7f00:1]', true],
  ['', false],
  ['0.0.0.0', false],
  ['::', false],
  ['192.168.1.4', false],
  ['::ffff:192.168.1.4', false],
  ['[::ffff:c0a8:104]', false],
  ['127.example.org', false],
  ['127.0.0.1.example.org', false],
  ['localhost.example.org', false],
])('of %j says %s', (host, expected) => {
  expect(isLoopback(host)).toBe(expected);
});

it('knows an address of this machine as a URL writes it', () => {
  for (const url of ['http://127.1:80', 'http://LOCALHOST', 'http://[::ffff:127.0.0.2]:7400', 'http://[0:0::1]'])
    expect(isLoopback(new URL(url).hostname)).toBe(true);
});
