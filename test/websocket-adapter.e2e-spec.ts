import { once } from 'node:events';
import { connect, Socket } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { AccessService, RoutingService } from '../src/relay/index.js';
import { RelayUnderTest, TOKEN } from './kit/relay-under-test.js';
import { dial, RawSocket, rawTextMessage, rawUpgrade, refused } from './kit/raw-socket.js';

/** For what comes as soon as this machine has time for it, in ms. */
const SOON = { timeout: 60_000 };

let relay: RelayUnderTest;
afterEach(() => relay.close());

async function statusPath(): Promise<string> {
  const { connectionId } = await relay.register();
  return `/v1/environments/${connectionId}/status/ws`;
}

/** Resolves with everything the server wrote, once it contains `text`. */
async function wrote(socket: Socket, text: string): Promise<string> {
  let all = '';
  for await (const part of socket) {
    all += (part as Buffer).toString('latin1');
    if (all.includes(text)) return all;
  }
  throw new Error(`the server closed before it wrote ${text}: ${all}`);
}

describe('upgrades', () => {
  it('hand path, query and identity to the session, and frames as they are', async () => {
    relay = await RelayUnderTest.start();
    const socket = await RawSocket.open(
      relay.ws(`${await statusPath()}?channel=stream&agentId=a&conversationId=c&client=x`),
      { token: TOKEN },
    );
    socket.send('not json');
    expect(await socket.seen('echo')).toEqual({ type: 'echo', raw: 'not json', isBinary: false });
    socket.ws.send(Buffer.from([1, 2]));
    await socket.seenWhere((frame) => frame['isBinary'] === true);
    expect(relay.routing.attached).toMatchObject([
      { channel: 'stream', agentId: 'a', conversationId: 'c', client: 'x', mayApprove: true, resume: undefined },
    ]);
    expect(relay.routing.attached[0]?.tokenId).not.toContain(TOKEN);
    await socket.close();
    await relay.routing.heard('client closed 1000');
  });

  it.each(['/nope', '/v1/environments/x/status', '/', '//'])('are refused at %s with JSON', async (path) => {
    relay = await RelayUnderTest.start();
    const refusal = await refused(dial(relay.ws(path), { token: TOKEN }));
    expect(refusal.headers['content-type']).toBe('application/json');
    expect(refusal.body).toEqual({
      errorCode: path === '//' ? 'BAD_REQUEST' : 'PATH_UNKNOWN',
      message: expect.any(String),
    });
  });

  it('with a broken path parameter are refused', async () => {
    relay = await RelayUnderTest.start();
    const socket = await rawUpgrade(relay.port, '/v1/environments/%zz/status/ws', TOKEN);
    expect(await wrote(socket, '}')).toMatch(/^HTTP\/1.1 400 Bad Request\r\n[^]*"BAD_REQUEST"/);
  });

  it('that are no WebSocket handshake are refused', async () => {
    relay = await RelayUnderTest.start();
    const socket = await rawUpgrade(relay.port, await statusPath(), TOKEN, Buffer.alloc(0), {
      'Sec-WebSocket-Key': 'x',
    });
    expect(await wrote(socket, '}')).toMatch(/^HTTP\/1.1 400 Bad Request\r\n[^]*"BAD_REQUEST"/);
  });

  it('keep a frame that was sent together with the upgrade', async () => {
    relay = await RelayUnderTest.start();
    const socket = await rawUpgrade(relay.port, await statusPath(), TOKEN, rawTextMessage('hi'));
    await wrote(socket, '"raw":"hi"');
  });

  it('are refused when access cannot be checked in time, and when it fails', async () => {
    const answers = [new Promise<never>(() => {}), Promise.reject(new Error('planted'))];
    answers[1]?.catch(() => {});
    const access = { identify: () => answers.shift() };
    relay = await RelayUnderTest.start(
      { admitTimeoutMs: 20 },
      { providers: [{ provide: AccessService, useValue: access }] },
    );
    const url = relay.ws('/v1/environments/x/status/ws');
    expect(await refused(dial(url))).toMatchObject({
      status: 503,
      body: { errorCode: 'ADMIT_TIMEOUT' },
      headers: { 'retry-after': '1' },
    });
    expect(await refused(dial(url))).toMatchObject({ status: 500, body: { errorCode: 'INTERNAL' } });
  });

  it('that are given up while access is checked leave no trace', async () => {
    let asked = (): void => {};
    const beginsToAsk = new Promise<void>((resolve) => (asked = resolve));
    let decide = (_identity: unknown): void => {};
    const decided = new Promise((resolve) => (decide = resolve));
    const identify = () => {
      asked();
      return decided;
    };
    relay = await RelayUnderTest.start({}, { providers: [{ provide: AccessService, useValue: { identify } }] });
    const socket = await rawUpgrade(relay.port, '/v1/environments/x/listener/ws', TOKEN);
    await beginsToAsk;
    socket.resetAndDestroy();
    await once(socket, 'close');
    decide({ tokenId: 't', organizationId: 'default', mayApprove: true });
    expect((await relay.rest('/v1/health')).status).toBe(200);
  });

  it('C29 a session that throws closes its socket and nothing else', async () => {
    relay = await RelayUnderTest.start();
    const url = relay.ws(await statusPath());
    const [bad, good] = [await RawSocket.open(url, { token: TOKEN }), await RawSocket.open(url, { token: TOKEN })];
    bad.send('throw');
    expect((await bad.closed).code).toBe(1011);
    good.send('still here');
    await good.seen('echo');
  });
});

describe('a shutdown', () => {
  it('C26 closes 300 sockets with 1012, in batches', async () => {
    relay = await RelayUnderTest.start({ drainBatch: 50 });
    const url = relay.ws(await statusPath());
    const sockets = await Promise.all(Array.from({ length: 300 }, () => RawSocket.open(url, { token: TOKEN })));
    await relay.close();
    const codes = await Promise.all(sockets.map(async ({ closed }) => (await closed).code));
    expect(new Set(codes)).toEqual(new Set([1012]));
  });

  it('C26 does not wait for ever for a peer that answers nothing, and refuses upgrades meanwhile', async () => {
    relay = await RelayUnderTest.start();
    const halfDead = await rawUpgrade(relay.port, await statusPath(), TOKEN);
    await once(halfDead, 'data');
    halfDead.pause();
    const path = await statusPath();
    const closing = relay.close();
    expect(await refused(dial(relay.ws(path), { token: TOKEN }))).toMatchObject({
      status: 503,
      body: { errorCode: 'DRAINING' },
    });
    await closing;
    halfDead.destroy();
  });

  it('C26 refuses an upgrade that comes when nothing new is listened for any more, and waits for it no longer', async () => {
    relay = await RelayUnderTest.start({ drainGraceMs: 120_000 });
    const http = relay.app.getHttpServer();
    const connected = once(http, 'connection');
    const socket = connect(relay.port, '127.0.0.1');
    const [server] = (await connected) as [Socket];
    socket.write('GET /v1/environments/x/status/ws HTTP/1.1\r\nHost: relay\r\n');
    // A connection that has begun a request is not cut.
    await vi.waitFor(() => expect(server.bytesRead).toBeGreaterThan(0), SOON);
    const closing = relay.close();
    await vi.waitFor(() => expect(http.listening).toBe(false), SOON);
    socket.write('Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    expect(await wrote(socket, 'DRAINING')).toMatch(/^HTTP\/1\.1 503/);
    await closing;
  });

  it.each([
    ['answers a request whose device is away', false, 30_000, expect.objectContaining({ status: 503 })],
    ['does not wait for ever for a request that nobody answers', true, 50, expect.stringContaining('fetch failed')],
  ])('%s', async (_what, isStuck, drainGraceMs, outcome) => {
    relay = await RelayUnderTest.start({ drainGraceMs }, { wholeRelay: true });
    const routing = relay.app.get(RoutingService);
    const ready = vi.spyOn(routing, 'linkReady');
    const device = await RawSocket.open((await relay.register()).wsUrl, { token: TOKEN });
    await vi.waitFor(() => expect(ready).toHaveBeenCalled(), SOON);
    const request = vi.spyOn(routing, 'request');
    if (isStuck) request.mockReturnValue(new Promise(() => {}));
    const closed = vi.spyOn(routing, 'linkClosed');
    device.ws.terminate();
    await vi.waitFor(() => expect(closed).toHaveBeenCalled(), SOON);
    const body = { messages: [{ role: 'user', content: 'hi' }] };
    const asked = relay.rest('/v1/environments/device-1/messages', { body }).catch(String);
    await vi.waitFor(() => expect(request).toHaveBeenCalled(), SOON);
    await relay.close();
    expect(await asked).toEqual(outcome);
  });
});
