import type { INestApplicationContext } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { TokenRefusedError, TwinlaneClient } from '../src/client/index.js';
import { CLOCK, LINK_MONITOR, LiveSockets, SYSTEM_CLOCK, type LinkMonitor } from '../src/index.js';
import type { CreatedToken, TokenRequest } from '../src/protocol/index.js';
import { temporaryDirectory } from './kit/cli.js';
import { RawSocket } from './kit/raw-socket.js';
import { onlineEnvironment, startListener, startRelay, TOKEN, urlOf } from './kit/twinlane.js';

/** Beyond any token of these tests. */
const LONG_MS = 3_600_000;

let relay: NestExpressApplication;
let server: string;
let later = 0;
const cleanUps: (() => unknown)[] = [];

beforeEach(async () => {
  later = 0;
  const clock = { ...SYSTEM_CLOCK, now: () => SYSTEM_CLOCK.now() + later };
  relay = await startRelay({ extend: { relay: { providers: [{ provide: CLOCK, useValue: clock }] } } });
  server = urlOf(relay);
});
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
  await relay.close();
});

async function rest(method: string, path: string, body?: unknown, token = TOKEN) {
  const response = await fetch(`${server}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

async function make(request: Omit<TokenRequest, 'name'>): Promise<CreatedToken> {
  return (await rest('POST', '/v1/tokens', { name: 'made', ...request })).body as unknown as CreatedToken;
}

/** How a token's time ends, and what is said after that. */
const ENDS = [
  ['revoked', 'TOKEN_REVOKED', async ({ id }: CreatedToken) => void (await rest('DELETE', `/v1/tokens/${id}`))],
  ['expired', 'TOKEN_EXPIRED', async () => void (later = LONG_MS)],
] as const;
const expiring = () => ({ expiresAt: Date.now() + LONG_MS / 2 });

async function listen(token: string): Promise<{ app: INestApplicationContext; monitor: LinkMonitor }> {
  const { path: workspace, remove } = await temporaryDirectory();
  const app = await startListener({ server, token, workspace });
  cleanUps.push(remove, () => app.close());
  return { app, monitor: app.get<LinkMonitor>(LINK_MONITOR, { strict: false }) };
}

describe.each(ENDS)('C30 a token that is %s', (end, code, happens) => {
  it('closes the link of our listener, which stops and says what to do', async () => {
    const token = await make({ role: 'device', ...expiring() });
    const { monitor } = await listen(token.token);
    const states = monitor.states();
    await happens(token);
    for await (const { phase, reason } of states) {
      if (phase !== 'stopped') continue;
      expect(reason).toContain(`This token ${end === 'revoked' ? 'was revoked' : 'has expired'}`);
      break;
    }
    expect(relay.get(LiveSockets).count).toBe(0);
  });

  it('closes a client of ours, whose attachment ends with what the relay said', async () => {
    await listen(TOKEN);
    const token = await make({ role: 'client', ...expiring() });
    const client = new TwinlaneClient({ server, token: token.token, WebSocket });
    const [environment] = await client.environments();
    if (!environment) throw new Error('no environment');
    const attachment = await client.attach(environment);
    cleanUps.push(() => attachment.close());
    const states = attachment.states();
    await happens(token);
    for await (const state of states) {
      if (state.phase !== 'closed') continue;
      expect(state.error).toBeInstanceOf(TokenRefusedError);
      expect(state.error?.message).toMatch(/ask an admin/);
      break;
    }
    expect(await rest('GET', '/v1/environments', undefined, token.token)).toMatchObject({
      status: 401,
      body: { errorCode: code },
    });
  });

  it('tells stock peers 1008, ours 4001, and hears nothing more of either', async () => {
    const token = await make({ role: 'device', ...expiring() });
    const viewer = await make({ role: 'client', ...expiring() });
    const body = { deviceId: 'device-1', connectionName: 'laptop' };
    const { connectionId, wsUrl } = (await rest('POST', '/v1/environments/register', body, token.token)).body;
    const control = await RawSocket.open(`${String(wsUrl)}&channel=control`, { token: token.token });
    const stream = await RawSocket.open(`${String(wsUrl)}&channel=stream`, { token: token.token });
    const status = `${server.replace('http', 'ws')}/v1/environments/${String(connectionId)}/status/ws`;
    const stock = await RawSocket.open(`${status}?conversationId=c1`, { token: viewer.token });
    const ours = await RawSocket.open(`${status}?conversationId=c1&client=one`, { token: viewer.token });
    await happens(token);
    await happens(viewer);
    for (const socket of [control, stream, stock]) expect(await socket.closed).toMatchObject({ code: 1008 });
    expect(await ours.closed).toMatchObject({ code: 4001, reason: expect.stringContaining('ask an admin') });
    expect(relay.get(LiveSockets).count).toBe(0);
  });
});

describe('C30', () => {
  it('a peer that does not answer the close is not heard, and is cut', async () => {
    await listen(TOKEN);
    const viewer = await make({ role: 'client' });
    const { connections } = (await rest('GET', '/v1/environments')).body as { connections: { id: string }[] };
    const status = `${server.replace('http', 'ws')}/v1/environments/${connections[0]?.id ?? ''}/status/ws`;
    const socket = await RawSocket.open(`${status}?conversationId=c1`, { token: viewer.token });
    // It reads nothing any more, and so does not see that it is closed.
    socket.ws.pause();
    await rest('DELETE', `/v1/tokens/${viewer.id}`);
    // The two of the listener.
    expect(relay.get(LiveSockets).count).toBe(2);
    socket.ws.resume();
    await socket.closed;
  });

  it('an organisation that is deleted takes its tokens, its sockets and its environments with it', async () => {
    await rest('POST', '/v1/organizations', { id: 'acme', name: 'Acme' });
    const token = await make({ role: 'device', organizationId: 'acme' });
    const { monitor } = await listen(token.token);
    const states = monitor.states();
    const removed = await rest('DELETE', '/v1/organizations/acme');
    expect(removed.body).toMatchObject({ id: 'acme', revokedTokens: 1, deletedEnvironments: 1 });
    for await (const { phase } of states) if (phase === 'stopped') break;
    expect((await rest('POST', '/v1/tokens', { name: 'x', role: 'admin', organizationId: 'acme' })).body).toMatchObject(
      {
        errorCode: 'ORGANIZATION_UNKNOWN',
      },
    );
    expect((await rest('DELETE', '/v1/organizations/default')).status).toBe(400);
  });

  it('a client is closed when its environment takes a name that is outside of its patterns', async () => {
    const token = await make({ role: 'device' });
    const viewer = await make({ role: 'client', environments: ['lap*'] });
    const register = (connectionName: string) =>
      rest('POST', '/v1/environments/register', { deviceId: 'device-1', connectionName }, token.token);
    const { connectionId } = (await register('laptop')).body;
    const status = `${server.replace('http', 'ws')}/v1/environments/${String(connectionId)}/status/ws`;
    const socket = await RawSocket.open(`${status}?client=one`, { token: viewer.token });
    await register('laptop');
    socket.send({ type: 'ping' });
    await socket.seen('pong');
    await register('private');
    expect(await socket.closed).toMatchObject({ code: 1008, reason: expect.stringContaining('scopes') });
  });
});

describe('an environment', () => {
  it('that was released is another token’s to register; its listener stops and steals nothing back', async () => {
    const token = await make({ role: 'device' });
    const other = await make({ role: 'device' });
    const body = { deviceId: 'device-1', connectionName: 'laptop' };
    const register = (by: CreatedToken) => {
      // A stock listener that came back after it was replaced is refused once, and says not which one it is.
      const metadata = by === other ? { processInstanceId: 'p1' } : {};
      return rest('POST', '/v1/environments/register', { ...body, metadata }, by.token);
    };
    const { connectionId, wsUrl } = (await register(token)).body;
    const socket = await RawSocket.open(String(wsUrl), { token: token.token });
    expect(await register(other)).toMatchObject({ status: 409, body: { errorCode: 'ENVIRONMENT_TAKEN' } });
    expect((await rest('POST', `/v1/environments/${String(connectionId)}/release`)).status).toBe(200);
    expect(await socket.closed).toMatchObject({ code: 1000, reason: 'Replaced by new connection' });
    const back = await RawSocket.open(String(wsUrl), { token: token.token });
    expect(await back.closed).toMatchObject({ code: 1008 });
    expect(await register(other)).toMatchObject({ status: 200, body: { connectionId } });
    expect(await register(token)).toMatchObject({ status: 409 });
  });

  it('that was released stops our listener, which says who did it and how to go on', async () => {
    const { monitor } = await listen(TOKEN);
    const states = monitor.states();
    const { connections } = (await rest('GET', '/v1/environments')).body as { connections: { id: string }[] };
    expect((await rest('POST', `/v1/environments/${connections[0]?.id ?? ''}/release`)).status).toBe(200);
    for await (const { phase, reason } of states) {
      if (phase !== 'stopped') continue;
      expect(reason).toMatch(/admin released this environment.*start the listener again/);
      break;
    }
  });

  it('that was released while its listener was away tells it when it is back', async () => {
    const metadata = {
      supportsPairedListenerGenerations: true,
      supportsResumableChannels: true,
      eventSeqScope: 'runtime',
      processInstanceId: 'away',
    };
    const body = { deviceId: 'device-1', connectionName: 'laptop', metadata };
    const { connectionId, wsUrl } = (await rest('POST', '/v1/environments/register', body)).body;
    expect((await rest('POST', `/v1/environments/${String(connectionId)}/release`)).status).toBe(200);
    const pair = 'channel=control&connectionGeneration=g1&connectionAttempt=1';
    const back = await RawSocket.open(`${String(wsUrl)}&${pair}`, { token: TOKEN });
    expect(await back.closed).toMatchObject({ code: 4009, reason: 'Released by an admin' });
  });

  it('that was deleted is gone, with its history and its clients', async () => {
    const { monitor } = await listen(TOKEN);
    const client = new TwinlaneClient({ server, token: TOKEN, WebSocket });
    const environment = await onlineEnvironment(client);
    const attachment = await client.attach(environment);
    cleanUps.push(() => attachment.close());
    const states = attachment.states();
    const stopped = monitor.states();
    expect((await rest('DELETE', `/v1/environments/${environment.id}`)).status).toBe(200);
    for await (const { phase, reason } of stopped) {
      if (phase !== 'stopped') continue;
      expect(reason).toMatch(/admin deleted this environment/);
      break;
    }
    for await (const state of states) {
      if (state.phase !== 'reconnecting') continue;
      expect(state.reason).toContain('deleted');
      break;
    }
    expect(await client.environments()).toEqual([]);
    await expect(client.attach(environment.id)).rejects.toMatchObject({ name: 'EnvironmentNotFoundError' });
  });
});
