import { once } from 'node:events';
import net from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { RelayUnderTest } from './kit/relay-under-test.js';

let relay: RelayUnderTest;
beforeEach(async () => void (relay = await RelayUnderTest.start({}, { wholeRelay: true })));
afterEach(() => relay.close());

async function answerTo(bytes: string): Promise<{ status: string | undefined; body: unknown }> {
  const socket = net.connect(relay.port, '127.0.0.1');
  let text = '';
  socket.on('data', (part: Buffer) => (text += part.toString()));
  socket.write(bytes);
  await once(socket, 'close');
  const [head = '', body = ''] = text.split('\r\n\r\n');
  return { status: /^HTTP\/1\.1 (\d+)/.exec(head)?.[1], body: JSON.parse(body) as unknown };
}

it.each([
  ['no HTTP at all', 'hello\r\n\r\n', '400', 'BAD_REQUEST', /not valid HTTP/],
  ['a header without a name', 'GET / HTTP/1.1\r\nHost: a\r\n: x\r\n\r\n', '400', 'BAD_REQUEST', /not valid HTTP/],
  [
    'too large a head',
    `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(40_000)}\r\n\r\n`,
    '400',
    'BAD_REQUEST',
    /head .* too large/,
  ],
  ['CONNECT', 'CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n', '404', 'PATH_UNKNOWN', /no proxy/],
])('C29 %s is refused with a reason, and counted', async (_name, bytes, status, errorCode, message) => {
  expect(await answerTo(bytes)).toEqual({ status, body: { errorCode, message: expect.stringMatching(message) } });
  const metrics = await (await fetch(`http://127.0.0.1:${relay.port}/metrics`)).text();
  expect(metrics).toContain(`twinlane_relay_refusals_total{at="http",code="${errorCode}"} 1`);
});
