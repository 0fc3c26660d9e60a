import { afterEach, describe, expect, it } from 'vitest';
import { SESSION_HEADER, SESSION_PATH } from '../src/protocol/index.js';
import { plainRequest } from './kit/plain-request.js';
import { dial, RawSocket, refused } from './kit/raw-socket.js';
import { RelayUnderTest, TOKEN } from './kit/relay-under-test.js';

let relay: RelayUnderTest;
afterEach(() => relay.close());

const url = (path: string): string => `http://127.0.0.1:${relay.port}${path}`;
const own = (): string => `http://127.0.0.1:${relay.port}`;

/** Signs in, as a browser does. @returns what it sends from then on */
async function signIn(token = TOKEN, headers: Record<string, string> = {}): Promise<string> {
  const answer = await plainRequest(url(SESSION_PATH), {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, ...headers },
  });
  expect(answer.status).toBe(200);
  return pairOf(answer.headers['set-cookie']);
}

function pairOf(cookies: string[] | undefined): string {
  return cookies?.[0]?.split(';')[0] ?? '';
}

async function made(fields: object): Promise<{ readonly id: string; readonly token: string }> {
  const { body } = await relay.rest('/v1/tokens', { body: { name: 'ada', role: 'client', ...fields } });
  return body as unknown as { id: string; token: string };
}

const OTHER_TOKEN = 'other-token-0123456789';

/** What a browser says with a request of the relay's own page, and what else lets the cookie count. */
const OWN_PAGE: Readonly<Record<string, () => Record<string, string>>> = {
  'the browser says so': () => ({ 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors' }),
  'its Origin is the relay': () => ({ origin: own() }),
  'plain HTTP, where the browser says nothing': () => ({ [SESSION_HEADER]: '1' }),
};

/** The cookie goes along with all of these, because cookies know no ports. */
const NOT_OWN_PAGE: Readonly<Record<string, () => Record<string, string>>> = {
  'nothing is said': () => ({}),
  'a page on another port': () => ({ 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'cors', [SESSION_HEADER]: '1' }),
  'a page on another port, of an old browser': () => ({ origin: 'http://127.0.0.1:1', [SESSION_HEADER]: '1' }),
  'a page elsewhere': () => ({ origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }),
  'no page at all': () => ({ origin: 'null' }),
  'an address that somebody typed': () => ({ 'sec-fetch-site': 'none', 'sec-fetch-mode': 'navigate' }),
  'a link of its own page': () => ({ 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'navigate' }),
};

describe('a session of a browser', () => {
  it('begins with a token, and says who one is', async () => {
    relay = await RelayUnderTest.start();
    const answer = await plainRequest(url(SESSION_PATH), {
      method: 'POST',
      headers: { authorization: `Bearer ${TOKEN}` },
    });
    expect(answer).toMatchObject({
      status: 200,
      headers: { 'cache-control': 'no-store' },
      json: { role: 'operator', organizationId: 'default', maySteer: true, mayApprove: true, mayOperate: true },
    });
    expect(answer.headers['set-cookie']).toEqual([
      `twinlane_${relay.port}=${TOKEN}; Max-Age=2592000; HttpOnly; SameSite=Strict`,
    ]);
    expect(JSON.stringify(answer.json)).not.toContain(TOKEN);
  });

  it('shows the name and the scopes of a token, and ends with it', async () => {
    relay = await RelayUnderTest.start();
    const expiresAt = Date.now() + 60 * 60 * 1_000;
    const { token, id } = await made({ environments: ['ci-*'], access: 'watch', expiresAt });
    const answer = await plainRequest(url(SESSION_PATH), {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
    });
    expect(answer.json).toEqual({
      tokenId: id,
      tokenName: 'ada',
      organizationId: 'default',
      role: 'client',
      environments: ['ci-*'],
      maySteer: false,
      mayApprove: false,
      mayAdminister: false,
      mayOperate: false,
      expiresAt,
    });
    const age = Number(/Max-Age=(\d+)/.exec(answer.headers['set-cookie']?.[0] ?? '')?.[1]);
    expect(age).toBeGreaterThan(0);
    expect(age).toBeLessThanOrEqual(60 * 60);
  });

  it.each([
    ['is nobody’s', { authorization: 'Bearer wrong-token-0123456789' }, 401, 'TOKEN_REFUSED'],
    ['is missing', {}, 401, 'TOKEN_REFUSED'],
  ])('begins not with a token that %s', async (_name, headers, status, errorCode) => {
    relay = await RelayUnderTest.start();
    const answer = await plainRequest(url(SESSION_PATH), { method: 'POST', headers });
    expect(answer).toMatchObject({ status, json: { errorCode } });
    expect(answer.headers).not.toHaveProperty('set-cookie');
  });

  it('begins not with a cookie, nor with a token that sees nothing', async () => {
    relay = await RelayUnderTest.start();
    const cookie = await signIn();
    const again = await plainRequest(url(SESSION_PATH), { method: 'POST', headers: { cookie, origin: own() } });
    expect(again).toMatchObject({ status: 400, json: { errorCode: 'BAD_REQUEST' } });
    const { token } = await made({ role: 'device' });
    const device = await plainRequest(url(SESSION_PATH), {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
    });
    expect(device).toMatchObject({ status: 403, json: { errorCode: 'ACCESS_REFUSED' } });
    expect(device.headers).not.toHaveProperty('set-cookie');
  });

  it.each(Object.entries(OWN_PAGE))('counts for REST and sockets when %s', async (_name, headers) => {
    relay = await RelayUnderTest.start();
    const { connectionId } = await relay.register();
    const cookie = await signIn();
    const sent = { cookie: `other=1; ${cookie}`, ...headers() };
    expect(await plainRequest(url('/v1/environments'), { headers: sent })).toMatchObject({ status: 200 });
    const socket = await RawSocket.open(relay.ws(`/v1/environments/${connectionId}/status/ws`), { headers: sent });
    await socket.close();
  });

  it.each(Object.entries(NOT_OWN_PAGE))('C36 counts for nothing: %s', async (_name, headers) => {
    relay = await RelayUnderTest.start();
    const { connectionId } = await relay.register();
    const sent = { cookie: await signIn(), ...headers() };
    for (const [method, path] of [
      ['GET', '/v1/environments'],
      ['GET', SESSION_PATH],
      ['POST', '/v1/tokens'],
      ['DELETE', `/v1/environments/${connectionId}`],
    ] as const)
      expect(await plainRequest(url(path), { method, headers: sent })).toMatchObject({ status: 401 });
    const refusal = await refused(dial(relay.ws(`/v1/environments/${connectionId}/status/ws`), { headers: sent }));
    expect([401, 403]).toContain(refusal.status);
  });

  it('C36 lets no listener in: neither its registration with a strange page, nor its socket', async () => {
    relay = await RelayUnderTest.start();
    const { wsUrl } = await relay.register();
    const headers = { cookie: await signIn(), 'sec-fetch-site': 'same-origin' };
    const refusal = await refused(dial(wsUrl, { headers }));
    expect(refusal).toMatchObject({ status: 401, body: { errorCode: 'TOKEN_REFUSED' } });
  });

  it('a token goes before it', async () => {
    relay = await RelayUnderTest.start();
    const headers = { cookie: await signIn(), origin: own(), authorization: 'Bearer wrong-token-0123456789' };
    expect(await plainRequest(url('/v1/environments'), { headers })).toMatchObject({ status: 401 });
  });

  it('C36 counts for nothing where somebody else of this host, or of its domain, has set one of the same name', async () => {
    relay = await RelayUnderTest.start({ tokens: [TOKEN, OTHER_TOKEN] });
    const cookie = await signIn();
    const name = cookie.split('=')[0] ?? '';
    for (const both of [`${name}=${OTHER_TOKEN}; ${cookie}`, `${cookie}; ${name}=${OTHER_TOKEN}`])
      expect(await plainRequest(url(SESSION_PATH), { headers: { cookie: both, origin: own() } })).toMatchObject({
        status: 401,
        json: { errorCode: 'TOKEN_REFUSED' },
      });
    const twice = await plainRequest(url(SESSION_PATH), { headers: { cookie: `${cookie}; ${cookie}`, origin: own() } });
    expect(twice.status).toBe(200);
  });

  it('nothing that is answered to it is kept by a cache', async () => {
    relay = await RelayUnderTest.start();
    const headers = { cookie: await signIn(), origin: own() };
    for (const path of ['/v1/environments', '/v1/tokens', '/v1/audit', '/v1/nothing', SESSION_PATH]) {
      const answer = await plainRequest(url(path), { headers });
      expect(answer.headers).toMatchObject({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
    }
  });

  it('the cookie of a relay on another port is not taken for its own', async () => {
    relay = await RelayUnderTest.start();
    const headers = { cookie: `twinlane_1=${TOKEN}; twinlane_${relay.port}=%`, origin: own() };
    expect(await plainRequest(url('/v1/environments'), { headers })).toMatchObject({ status: 401 });
  });

  it('is over when its token is revoked, and says so; its sockets are closed', async () => {
    relay = await RelayUnderTest.start();
    const { connectionId } = await relay.register();
    const { id, token } = await made({});
    const headers = { cookie: await signIn(token), origin: own() };
    const socket = await RawSocket.open(relay.ws(`/v1/environments/${connectionId}/status/ws`), { headers });
    await relay.rest(`/v1/tokens/${id}`, { method: 'DELETE' });
    await socket.closed;
    const after = await plainRequest(url(SESSION_PATH), { headers });
    expect(after).toMatchObject({ status: 401, json: { errorCode: 'TOKEN_REVOKED' } });
    const out = await plainRequest(url(SESSION_PATH), { method: 'DELETE', headers });
    expect(out).toMatchObject({ status: 200, json: { signedOut: true } });
    expect(out.headers['set-cookie']).toEqual([`twinlane_${relay.port}=; Max-Age=0; HttpOnly; SameSite=Strict`]);
  });

  it('no token that a cookie cannot hold', async () => {
    relay = await RelayUnderTest.start({ tokens: [TOKEN, 'x'.repeat(5_000)] });
    const headers = { authorization: `Bearer ${'x'.repeat(5_000)}` };
    const answer = await plainRequest(url(SESSION_PATH), { method: 'POST', headers });
    expect(answer).toMatchObject({ status: 400, json: { message: expect.stringContaining('too long') } });
  });

  it('a token of any characters comes back as it was', async () => {
    const token = 'odd;token,"of"=characters%2F';
    relay = await RelayUnderTest.start({ tokens: [token] });
    const headers = { cookie: await signIn(token), origin: own() };
    expect(await plainRequest(url(SESSION_PATH), { headers })).toMatchObject({ status: 200 });
  });

  it('is written down', async () => {
    relay = await RelayUnderTest.start();
    await signIn();
    const { body } = await relay.rest('/v1/audit?kind=session_begun');
    expect(body['entries']).toMatchObject([{ kind: 'session_begun', address: '127.0.0.1' }]);
  });
});

describe('behind a proxy', () => {
  const FORWARDED = {
    'x-forwarded-proto': 'https',
    'x-forwarded-host': 'relay.example',
    'x-forwarded-for': '192.0.2.1',
  };

  it('C36 that is trusted, its host counts: the cookie is for https, and its pages are the relay’s own', async () => {
    relay = await RelayUnderTest.start({ trustedProxies: ['127.0.0.1'] });
    const cookie = await signIn(TOKEN, FORWARDED);
    expect(cookie).toBe(`twinlane_443=${TOKEN}`);
    const page = { ...FORWARDED, cookie, origin: 'https://relay.example' };
    expect(await plainRequest(url(SESSION_PATH), { headers: page })).toMatchObject({ status: 200 });
    const strange = { ...page, origin: 'https://evil.example' };
    expect(await plainRequest(url(SESSION_PATH), { headers: strange })).toMatchObject({ status: 401 });
  });

  it('C36 that is not, a page that came over https gets a cookie for https all the same', async () => {
    relay = await RelayUnderTest.start({ publicUrl: 'https://relay.example' });
    const headers = { ...FORWARDED, host: 'relay.example', authorization: `Bearer ${TOKEN}` };
    const cookieFor = async (origin: Record<string, string>): Promise<string | undefined> =>
      (await plainRequest(url(SESSION_PATH), { method: 'POST', headers: { ...headers, ...origin } })).headers[
        'set-cookie'
      ]?.[0];
    expect(await cookieFor({ origin: 'https://relay.example' })).toMatch(/; Secure$/);
    expect(await cookieFor({ origin: 'http://relay.example' })).not.toContain('Secure');
    expect(await cookieFor({})).not.toContain('Secure');
  });

  it('C36 that is not, its headers say nothing; the public address does', async () => {
    relay = await RelayUnderTest.start({ publicUrl: 'https://relay.example/prefix' });
    const headers = { ...FORWARDED, 'x-forwarded-host': 'evil.example', cookie: await signIn(TOKEN, FORWARDED) };
    const strange = { ...headers, origin: 'https://evil.example' };
    expect(await plainRequest(url(SESSION_PATH), { headers: strange })).toMatchObject({ status: 401 });
    const page = { ...headers, origin: 'https://relay.example' };
    expect(await plainRequest(url(SESSION_PATH), { headers: page })).toMatchObject({ status: 200 });
  });
});
