import { once } from 'node:events';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { CLOCK } from '../src/config/index.js';
import { EnvironmentRegistry, type RelayModuleOptions } from '../src/relay/index.js';
import { LogLines } from './kit/log-lines.js';
import { ManualClock } from './kit/manual-clock.js';
import { dial, RawSocket, refused } from './kit/raw-socket.js';
import { RelayUnderTest, TOKEN } from './kit/relay-under-test.js';

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;
/** Whoever connects in these tests. */
const HERE = ['127.0.0.0/8'];

const closing: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

/** No time passes, so that a rate lets through what it lets through at once. */
async function start(options: RelayModuleOptions = {}): Promise<RelayUnderTest> {
  const relay = await RelayUnderTest.start(options, { providers: [{ provide: CLOCK, useValue: new ManualClock() }] });
  closing.push(() => relay.close());
  return relay;
}
function logLines(): LogLines {
  const log = new LogLines();
  closing.push(() => log.stop());
  return log;
}
async function register(relay: RelayUnderTest, headers: Record<string, string>, deviceId = 'device-1') {
  const body = { deviceId, connectionName: 'laptop' };
  const answer = await relay.rest('/v1/environments/register', { body, headers });
  return { ...answer, wsUrl: String(answer.body['wsUrl']) };
}
const from = (address: string): Record<string, string> => ({ 'x-forwarded-for': address });

describe('C36 limits of addresses', () => {
  const limits = { addressRegistrationBurst: 1, addressUpgradeBurst: 1, addressCommandBurst: 1 };

  it('over HTTP count those that a trusted proxy names, each alone', async () => {
    const relay = await start({ limits, trustedProxies: HERE });
    for (const [address, status] of [
      ['198.51.100.1', 200],
      ['198.51.100.1', 429],
      ['::ffff:198.51.100.1', 429],
      ['203.0.113.9, 198.51.100.1:5123', 429],
      ['198.51.100.2', 200],
      ['2001:db8:1:2::1', 200],
      ['2001:db8:1:2:ffff::1', 429],
      ['[2001:db8:1:3::1]:5123', 200],
      ['198.51.100.3, 127.0.0.2', 200],
      ['198.51.100.3', 429],
      ['garbage', 200],
      ['<other garbage>', 429],
    ] as const)
      expect([address, (await register(relay, from(address))).status]).toEqual([address, status]);
  });

  it('of requests that look at a token count them, and whoever else comes through the proxy is not held back', async () => {
    const relay = await start({ limits: { addressRequestBurst: 1 }, trustedProxies: HERE });
    for (const [address, status] of [
      ['198.51.100.1', 200],
      ['203.0.113.9, 198.51.100.1', 429],
      ['198.51.100.2', 200],
      ['2001:db8:1:2::1', 200],
      ['2001:db8:1:2:ffff::1', 429],
    ] as const) {
      const answer = await relay.rest('/v1/environments', { headers: from(address) });
      expect([address, answer.status]).toEqual([address, status]);
    }
    const direct = await start({ limits: { addressRequestBurst: 1 } });
    expect((await direct.rest('/v1/environments', { headers: from('198.51.100.1') })).status).toBe(200);
    expect((await direct.rest('/v1/environments', { headers: from('198.51.100.2') })).status).toBe(429);
  });

  it('over HTTP cannot be passed by with headers where no proxy is trusted', async () => {
    const relay = await start({ limits });
    expect((await register(relay, from('198.51.100.1'))).status).toBe(200);
    expect((await register(relay, from('198.51.100.2'))).status).toBe(429);
    expect((await register(relay, { ...from('198.51.100.3'), forwarded: 'for=198.51.100.3' })).status).toBe(429);
  });

  it('of upgrades and sockets count them too', async () => {
    const relay = await start({ limits: { clientSocketsPerAddress: 1 }, trustedProxies: HERE });
    const { connectionId } = await relay.register();
    const url = relay.ws(`/v1/environments/${connectionId}/status/ws`);
    const upgrade = (address: string) => ({ token: TOKEN, headers: from(address) });
    await RawSocket.open(url, upgrade('198.51.100.1'));
    expect(await refused(dial(url, upgrade('203.0.113.9, 198.51.100.1')))).toMatchObject({ status: 429 });
    await RawSocket.open(url, upgrade('198.51.100.2'));
    expect(relay.routing.attached.map(({ address }) => address)).toEqual(['198.51.100.1', '198.51.100.2']);
  });

  it('of upgrades cannot be passed by with headers where no proxy is trusted', async () => {
    const relay = await start({ limits, trustedProxies: ['10.0.0.0/8', '::/8'] });
    const { connectionId } = await relay.register();
    const url = relay.ws(`/v1/environments/${connectionId}/status/ws`);
    await RawSocket.open(url, { token: TOKEN, headers: from('198.51.100.1') });
    expect(await refused(dial(url, { token: TOKEN, headers: from('198.51.100.2') }))).toMatchObject({ status: 429 });
  });
});

describe('the address of the relay', () => {
  const said = { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'relay.example' };

  it('is what a trusted proxy says', async () => {
    const relay = await start({ trustedProxies: HERE });
    expect((await register(relay, said)).wsUrl).toMatch(/^wss:\/\/relay\.example\/v1\/environments\//);
    expect((await register(relay, { 'x-forwarded-proto': 'https' })).wsUrl).toMatch(
      new RegExp(`^wss://127.0.0.1:${relay.port}/`),
    );
    const forged = { 'x-forwarded-proto': 'http, https', 'x-forwarded-host': 'evil.example, relay.example:8443' };
    expect((await register(relay, forged)).wsUrl).toMatch(/^wss:\/\/relay\.example:8443\//);
    const garbage = { 'x-forwarded-proto': 'javascript', 'x-forwarded-host': 'user@evil.example/path' };
    expect((await register(relay, garbage)).wsUrl).toMatch(new RegExp(`^ws://127.0.0.1:${relay.port}/v1/`));
  });

  it('is not what anybody says, and never other than the one that was set', async () => {
    const relay = await start();
    expect((await register(relay, said)).wsUrl).toMatch(new RegExp(`^ws://127.0.0.1:${relay.port}/`));
    const set = await start({ trustedProxies: HERE, publicUrl: 'https://set.example/relay/' });
    expect((await register(set, said)).wsUrl).toMatch(/^wss:\/\/set\.example\/relay\/v1\/environments\//);
  });
});

describe('the id of a request', () => {
  it('is made here, and answered with everything: answers, errors, refused upgrades and sockets', async () => {
    const relay = await start({ allowedOrigins: ['https://console.example'] });
    const { connectionId } = await relay.register();
    const mine = { 'x-request-id': 'mine' };
    const ids: unknown[] = [];
    for (const path of ['/healthz', '/nowhere', `/v1/environments/${connectionId}`, '/v1/environments?limit=x'])
      ids.push((await relay.rest(path, { headers: mine })).headers.get('x-request-id'));
    const url = relay.ws(`/v1/environments/${connectionId}/status/ws`);
    ids.push((await refused(dial(url, { headers: mine }))).headers['x-request-id']);
    ids.push((await refused(dial(relay.ws('/nowhere'), { headers: mine }))).headers['x-request-id']);
    const socket = dial(url, { token: TOKEN, headers: mine });
    const [response] = (await once(socket, 'upgrade')) as [{ headers: Record<string, string> }];
    ids.push(response.headers['x-request-id']);
    expect(ids).toEqual(ids.map(() => expect.stringMatching(UUID)));
    expect(new Set(ids).size).toBe(ids.length);
    const browser = await relay.rest('/healthz', { headers: { origin: 'https://console.example' } });
    expect(browser.headers.get('access-control-expose-headers')).toBe('X-Request-Id,Retry-After');
  });

  it('is taken from a trusted proxy, and stands in the log with what is known of the connection', async () => {
    const relay = await start({ trustedProxies: HERE });
    const log = logLines();
    const { connectionId, wsUrl } = await relay.register();
    const via = (id: string) => ({ ...from('198.51.100.1'), 'x-request-id': id });
    const environmentId = (await relay.rest('/v1/environments/device-1')).body['id'];

    const answer = await relay.rest('/v1/environments?limit=x', { headers: via('list-1') });
    expect(answer.headers.get('x-request-id')).toBe('list-1');
    const status = `/v1/environments/${connectionId}/status/ws`;
    const { headers } = await refused(dial(relay.ws(status), { headers: via('upgrade-1') }));
    expect(headers['x-request-id']).toBe('upgrade-1');
    const listener = await RawSocket.open(wsUrl, { token: TOKEN, headers: via('listener-1') });
    await RawSocket.open(relay.ws(status), { token: TOKEN, headers: via('client-1') });
    await listener.close();
    await relay.routing.heard('closed');

    const address = '198.51.100.1';
    expect(log.saying('A request was refused.')).toEqual([
      expect.objectContaining({ httpRequestId: 'list-1', address, code: 'BAD_REQUEST' }),
    ]);
    expect(log.saying('An upgrade was refused.')).toEqual([
      expect.objectContaining({ httpRequestId: 'upgrade-1', address, code: 'TOKEN_REFUSED' }),
    ]);
    expect(log.saying('A listener was let in.')).toEqual([
      expect.objectContaining({ httpRequestId: 'listener-1', address, environmentId, connectionId }),
    ]);
    expect(log.saying('A client was let in.')).toEqual([
      expect.objectContaining({ httpRequestId: 'client-1', address, environmentId }),
    ]);
    for (const text of ['The device is connected.', 'The device is disconnected.'])
      expect(log.saying(text)).toEqual([expect.objectContaining({ environmentId, connectionId })]);
  });

  it('stands beside the cause of an error of ours', async () => {
    const relay = await start({ trustedProxies: HERE });
    const log = logLines();
    await relay.register();
    vi.spyOn(relay.app.get(EnvironmentRegistry), 'behind').mockImplementation(() => {
      throw new Error('planted');
    });
    const { status, headers } = await relay.rest('/v1/environments', { headers: { 'x-request-id': 'broken-1' } });
    expect([status, headers.get('x-request-id')]).toEqual([500, 'broken-1']);
    expect(log.saying('planted')).toEqual([expect.objectContaining({ level: 'error', httpRequestId: 'broken-1' })]);
  });
});
