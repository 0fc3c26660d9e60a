import type { NestExpressApplication } from '@nestjs/platform-express';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { TwinlaneClient } from '../src/client/index.js';
import { CLOCK, LINK_MONITOR, LiveSockets, SYSTEM_CLOCK, TOKEN_SOURCE, type LinkMonitor } from '../src/index.js';
import { temporaryDirectory } from './kit/cli.js';
import { IdentityProvider } from './kit/identity-provider.js';
import { LongTimers } from './kit/long-timers.js';
import { dial, RawSocket, refused } from './kit/raw-socket.js';
import { startListener, startRelay, TOKEN, urlOf } from './kit/twinlane.js';

const HOUR_MS = 3_600_000;

let provider: IdentityProvider;
let relay: NestExpressApplication;
let server: string;
let later = 0;
/** While it is set, no time passes for what the relay measures, however slow the machine is. */
let stoppedAt: number | undefined;
const cleanUps: (() => unknown)[] = [];

beforeEach(async () => {
  later = 0;
  stoppedAt = undefined;
  const now = (): number => SYSTEM_CLOCK.now() + later;
  const elapsed = (): number => stoppedAt ?? SYSTEM_CLOCK.elapsed() + later;
  const clock = { provide: CLOCK, useValue: { ...SYSTEM_CLOCK, now, elapsed } };
  provider = await IdentityProvider.start();
  const jwt = { ...provider.options, keysCooldownMs: 0, clockToleranceMs: 0 };
  relay = await startRelay({ jwt, extend: { relay: { providers: [clock] } } });
  server = urlOf(relay);
});
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
  await relay.close();
  await provider.close();
});

async function rest(token: string, path = '/v1/environments', body?: unknown) {
  const response = await fetch(`${server}${path}`, {
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
  });
  return { response, body: (await response.json()) as Record<string, unknown> };
}

/** Seconds since 1970, so far from now. */
const inMs = (ms: number): number => Math.floor((Date.now() + ms) / 1_000);

async function registered(claims: Record<string, unknown> = {}, connectionName = 'laptop') {
  const token = await provider.sign({ twinlane_role: 'device', sub: 'builder', ...claims });
  const { body } = await rest(token, '/v1/environments/register', { deviceId: 'device-1', connectionName });
  return { token, connectionId: String(body['connectionId']), wsUrl: String(body['wsUrl']) };
}

function statusUrl(connectionId: string, query: string): string {
  return `${server.replace('http', 'ws')}/v1/environments/${connectionId}/status/ws?conversationId=c1&${query}`;
}

async function said(socket: RawSocket, frame: object): Promise<void> {
  const pongs = (): number => socket.frames.filter(({ type }) => type === 'pong').length;
  const before = pongs();
  socket.send(frame);
  socket.send({ type: 'ping' });
  await socket.seenWhere(() => pongs() > before);
}

describe('a token of an identity provider', () => {
  it('lets listeners and clients in, as far as its claims say', async () => {
    const { connectionId, wsUrl, token } = await registered({ twinlane_environments: ['lap*'] });
    const device = await RawSocket.open(wsUrl, { token });
    const outside = await rest(token, '/v1/environments/register', { deviceId: 'd2', connectionName: 'server' });
    expect(outside.body).toMatchObject({ errorCode: 'ACCESS_REFUSED' });
    expect((await rest(token)).body).toMatchObject({ errorCode: 'ACCESS_REFUSED' });

    const watcher = await provider.sign({ twinlane_access: 'watch', twinlane_environments: 'lap*' });
    expect((await rest(watcher)).body).toMatchObject({ connections: [{ connectionId, organizationId: 'default' }] });
    const watching = await RawSocket.open(statusUrl(connectionId, 'client=one'), { token: watcher });
    watching.send({ type: 'read_file', request_id: 'r1', path: 'a' });
    expect(await watching.seen('read_file_response')).toMatchObject({ error_code: 'ACCESS_REFUSED' });
    const other = await provider.sign({ twinlane_environments: ['server*'] });
    expect((await rest(other)).body).toMatchObject({ connections: [] });
    expect((await rest(other, '/v1/organizations')).body).toMatchObject({ errorCode: 'ACCESS_REFUSED' });
    await watching.close();
    await device.close();
  });

  it('that is wrong is refused over REST and on upgrades alike, and a configured one goes on to count', async () => {
    const { connectionId } = await registered();
    const wrong = {
      TOKEN_EXPIRED: await provider.sign({ exp: inMs(-HOUR_MS) }),
      TOKEN_REFUSED: await provider.sign({ iss: 'https://evil.example' }),
    };
    for (const [code, token] of Object.entries(wrong)) {
      const { response, body } = await rest(token);
      expect([response.status, body['errorCode']]).toEqual([401, code]);
      const refusal = await refused(dial(statusUrl(connectionId, 'client=one'), { token }));
      expect(refusal).toMatchObject({ status: 401, body: { errorCode: code } });
      expect(JSON.stringify([body, refusal.body])).not.toMatch(/issuer|iss\b|evil|eyJ/);
    }
    expect((await rest(TOKEN)).response.status).toBe(200);
  });

  it('is answered 503 while its provider is down, and lets nobody in', async () => {
    const token = await provider.sign();
    await provider.close();
    const { response, body } = await rest(token);
    expect([response.status, body['errorCode']]).toEqual([503, 'IDENTITY_PROVIDER_UNREACHABLE']);
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
    const refusal = await refused(dial(statusUrl('conn-1', 'client=one'), { token }));
    expect(refusal).toMatchObject({ status: 503, body: { errorCode: 'IDENTITY_PROVIDER_UNREACHABLE' } });
    expect((await rest(TOKEN)).response.status).toBe(200);
  });
});

it('the audit log names the holder of a token as people call them, next to its id', async () => {
  const admin = { twinlane_role: 'admin', name: 'Ada\u202e\n L.' };
  await rest(await provider.sign(admin), '/v1/tokens', { name: 'made', role: 'client' });
  const { connectionId, wsUrl, token } = await registered({ preferred_username: 'builder-7' });
  const device = await RawSocket.open(wsUrl, { token });
  const client = await RawSocket.open(statusUrl(connectionId, 'client=one'), {
    token: await provider.sign({ email: 'bob@acme.example', sub: 'b' }),
  });
  client.send({ type: 'write_file', request_id: 'w', path: 'a', content: 'x' });
  await device.seen('write_file');
  await rest(await provider.sign({ sub: 'carl' }), '/v1/tokens');
  const { entries } = (await rest(TOKEN, '/v1/audit')).body as { entries: Record<string, unknown>[] };
  for (const { tokenId } of entries) expect(tokenId).toMatch(/^jwt-[0-9a-f]{32}$/);
  const named = entries.map(({ kind, tokenName }) => [kind, tokenName]);
  expect(named).toEqual(
    expect.arrayContaining([
      ['token_created', 'Ada L.'],
      ['listener_registered', 'builder-7'],
      ['client_attached', 'bob@acme.example'],
      ['command', 'bob@acme.example'],
      ['access_refused', 'carl'],
    ]),
  );
  await rest(TOKEN, '/v1/organizations', { id: 'acme' });
  const { body } = await rest(TOKEN, '/v1/audit?kind=organization_created');
  expect(body['entries']).toMatchObject([{ tokenName: 'operator', tokenId: expect.stringMatching(/^[0-9a-f]{16}$/) }]);
  for (const socket of [client, device]) await socket.close();
});

it('a key of the provider that cannot be used is answered 503 with what to do, over REST and on upgrades alike', async () => {
  const good = await provider.sign();
  await provider.rotate('broken');
  provider.change('broken', (shown) => ({ ...shown, y: shown.x ?? '' }));
  const bad = await provider.sign();
  const { response, body } = await rest(bad);
  expect([response.status, body['errorCode']]).toEqual([503, 'IDENTITY_PROVIDER_KEY_UNUSABLE']);
  expect(body['message']).toContain('sign with another one');
  expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
  const refusal = await refused(dial(statusUrl('conn-1', 'client=one'), { token: bad }));
  expect(refusal).toMatchObject({ status: 503, body: { errorCode: 'IDENTITY_PROVIDER_KEY_UNUSABLE' } });
  expect((await rest(good)).response.status).toBe(200);
});

describe('C30 renewal without a reconnect', () => {
  it('keeps all sockets of one connection open beyond the life of its token, and nobody else’s', async () => {
    const { connectionId } = await registered();
    const token = await provider.sign({ exp: inMs(HOUR_MS) });
    const open = (query: string) => RawSocket.open(statusUrl(connectionId, query), { token });
    const control = await open('client=one&channel=control&renew=1');
    const stream = await open('client=one&channel=stream');
    const another = await open('client=two');
    const { expires_in_ms: left } = await control.seen('token_expires');
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThanOrEqual(HOUR_MS);

    control.send({ type: 'token_renew', request_id: 'r1', token: await provider.sign({ exp: inMs(3 * HOUR_MS) }) });
    const answer = await control.seen('token_renew_response');
    expect(answer).toEqual({
      type: 'token_renew_response',
      request_id: 'r1',
      success: true,
      expires_in_ms: expect.any(Number),
    });
    expect(answer['expires_in_ms']).toBeGreaterThan(HOUR_MS);

    later = 2 * HOUR_MS;
    expect(await another.closed).toMatchObject({ code: 4001, reason: expect.stringContaining('expired') });
    for (const socket of [control, stream]) await said(socket, { type: 'ack', seq: 0 });
    later = 4 * HOUR_MS;
    for (const socket of [control, stream]) expect(await socket.closed).toMatchObject({ code: 4001 });
  });

  const OTHERS: readonly (readonly [string, Readonly<Record<string, unknown>>])[] = [
    ['holder', { sub: 'bob' }],
    ['role', { twinlane_role: 'admin' }],
    ['access', { twinlane_access: 'watch' }],
    ['environments', { twinlane_environments: ['lap*'] }],
    ['permission to approve', { twinlane_approve: true }],
  ];
  it.each(OTHERS)('is refused for a token of another %s', async (_, claims) => {
    const { connectionId } = await registered();
    const token = await provider.sign({ exp: inMs(HOUR_MS) });
    const socket = await RawSocket.open(statusUrl(connectionId, 'client=one'), { token });
    socket.send({ type: 'token_renew', token: await provider.sign({ exp: inMs(3 * HOUR_MS), ...claims }) });
    expect(await socket.seen('token_renew_response')).toMatchObject({ success: false, error_code: 'ACCESS_REFUSED' });
    later = 2 * HOUR_MS;
    expect(await socket.closed).toMatchObject({ code: 4001 });
  });

  it.each(OTHERS.slice(1))('keeps no socket of the connection that was opened with another %s', async (_, claims) => {
    const { connectionId } = await registered();
    const open = async (channel: string, token: string) =>
      RawSocket.open(statusUrl(connectionId, `client=one&channel=${channel}`), { token });
    const before = await open('control', await provider.sign({ exp: inMs(HOUR_MS) }));
    const now = await open('stream', await provider.sign({ exp: inMs(HOUR_MS), ...claims }));
    now.send({ type: 'token_renew', token: await provider.sign({ exp: inMs(3 * HOUR_MS), ...claims }) });
    expect(await now.seen('token_renew_response')).toMatchObject({ success: true });
    later = 2 * HOUR_MS;
    expect(await before.closed).toMatchObject({ code: 4001, reason: expect.stringContaining('expired') });
    await said(now, { type: 'ack', seq: 0 });
    await now.close();
  });

  it('with what is no token is refused, and what could hold one reaches neither device nor clients', async () => {
    stoppedAt = SYSTEM_CLOCK.elapsed();
    const { connectionId, wsUrl, token } = await registered();
    const device = await RawSocket.open(wsUrl, { token });
    const viewer = await provider.sign();
    const socket = await RawSocket.open(statusUrl(connectionId, 'client=one'), { token: viewer });
    const other = await RawSocket.open(statusUrl(connectionId, 'client=two'), { token: viewer });
    socket.send({ type: 'token_renew', token: 'a-secret-but-wrong' });
    expect(await socket.seen('token_renew_response')).toMatchObject({ error_code: 'TOKEN_REFUSED' });
    socket.send({ type: 'token_renew', request_id: 'soon', token: viewer });
    expect(await socket.seenWhere(({ request_id: id }) => id === 'soon')).toMatchObject({ error_code: 'TOO_MANY' });
    for (const [index, from] of [socket, device].entries()) {
      from.send(`{"token":"a-secret-${index}","type":"token_renew"}`);
      from.send(`{"token":"a-secret-${index}","type":"token\\u005frenew","request_id":"x${index}"}`);
      await said(from, { type: 'ping' });
    }
    await said(device, { type: 'file_ops', path: 'a' });
    socket.send({ type: 'app_server_info', request_id: 'last' });
    await device.seen('app_server_info');
    await said(other, { type: 'ping' });
    expect(JSON.stringify([device.frames, other.frames, socket.frames])).not.toContain('a-secret');
    expect((await rest(TOKEN, '/v1/audit?kind=access_refused')).body['entries']).toMatchObject([
      { tokenId: expect.stringMatching(/^jwt-/), environmentName: 'laptop', details: { at: 'renewal' } },
    ]);
    for (const each of [socket, other, device]) await each.close();
  });

  it('is what a client of ours does by itself', async () => {
    const { connectionId } = await registered();
    const clock = new LongTimers();
    let lives = HOUR_MS;
    const token = (): Promise<string> => provider.sign({ exp: inMs(lives) });
    const client = new TwinlaneClient({ server, token, WebSocket, clock });
    const attachment = await client.attach(connectionId);
    cleanUps.push(() => attachment.close());
    lives = 3 * HOUR_MS;
    await clock.fire();
    // The next one is planned once the relay has taken this one.
    await clock.fire();
    const bystander = await RawSocket.open(statusUrl(connectionId, 'client=two'), {
      token: await provider.sign({ exp: inMs(HOUR_MS) }),
    });
    later = 2 * HOUR_MS;
    await bystander.closed;
    expect(relay.get(LiveSockets).count).toBe(2);
    expect(attachment.state).toEqual({ phase: 'open' });
  });

  it('is what a listener of ours does by itself', async () => {
    const clock = new LongTimers();
    let lives = HOUR_MS;
    const claims = { twinlane_role: 'device', sub: 'builder' };
    const source = { resolve: () => provider.sign({ ...claims, exp: inMs(lives) }) };
    const { path: workspace, remove } = await temporaryDirectory();
    const extend = {
      registration: { providers: [{ provide: TOKEN_SOURCE, useValue: source }] },
      transport: { providers: [{ provide: CLOCK, useValue: clock }] },
    };
    const app = await startListener({ server, workspace, extend });
    cleanUps.push(remove, () => app.close());
    const monitor = app.get<LinkMonitor>(LINK_MONITOR, { strict: false });
    lives = 3 * HOUR_MS;
    await clock.fire();
    await clock.fire();
    const { connections } = (await rest(TOKEN)).body as { connections: { connectionId: string }[] };
    const bystander = await RawSocket.open(statusUrl(connections[0]?.connectionId ?? '', 'client=two'), {
      token: await provider.sign({ exp: inMs(HOUR_MS) }),
    });
    later = 2 * HOUR_MS;
    await bystander.closed;
    expect(relay.get(LiveSockets).count).toBe(2);
    expect(monitor.current.phase).toBe('ready');
  });
});
