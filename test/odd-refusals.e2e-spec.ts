import type { Duplex } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { TwinlaneClient } from '../src/client/index.js';
import { dialWithWs } from '../src/transport/index.js';
import { FAKE_TOKEN, FakeClientRelay } from './kit/fake-client-relay.js';
import { FakeServer } from './kit/fake-server.js';

/** Refusals that end before they should, or never. */
const BROKEN_OFF = 'HTTP/1.1 403 Forbidden\r\nContent-Length: 1000\r\n\r\n{"errorCode":';
const ENDLESS = 'HTTP/1.1 403 Forbidden\r\n\r\n';

const breaksOff = (stream: Duplex): void => void stream.end(BROKEN_OFF);
function goesOn(stream: Duplex): void {
  stream.on('error', () => stream.destroy());
  const more = (): void => {
    if (!stream.destroyed) stream.write(' '.repeat(16_384), () => setImmediate(more));
  };
  stream.write(ENDLESS, more);
}

describe.each([
  ['breaks off', breaksOff],
  ['has no end', goesOn],
])('C29 a refusal of an upgrade that %s', (_how, answer) => {
  let server: FakeServer;
  let relay: FakeClientRelay;
  beforeEach(async () => {
    server = await FakeServer.start();
    relay = await FakeClientRelay.start();
  });
  afterEach(async () => {
    await server.stop();
    await relay.stop();
  });

  it('is a refusal with its status to a listener', async () => {
    server.refusals.push(answer);
    const { signal } = new AbortController();
    const options = { token: 'a-token', maxFrameBytes: 1_000, deadlineMs: 60_000, signal };
    await expect(dialWithWs(new URL(server.url.replace('http', 'ws')), options)).rejects.toMatchObject({
      name: 'DialError',
      status: 403,
    });
  });

  it('and to a client', async () => {
    relay.answerAll = answer;
    const limits = { openTimeoutMs: 60_000 };
    const client = new TwinlaneClient({ server: relay.url, token: FAKE_TOKEN, WebSocket, limits });
    await expect(client.attach('env-1')).rejects.toMatchObject({ name: 'RelayRefusedError', status: 403 });
  });
});
