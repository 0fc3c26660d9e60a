import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RelayUnderTest, TOKEN } from './kit/relay-under-test.js';
import { RawSocket } from './kit/raw-socket.js';

let relay: RelayUnderTest;
beforeEach(async () => {
  relay = await RelayUnderTest.start({ maxFrameBytes: 4096 });
});
afterEach(() => relay.close());

type Listed = { connections: Record<string, unknown>[]; hasNextPage: boolean };
async function list(query = ''): Promise<{ ids: unknown[]; hasNextPage: boolean }> {
  const { connections, hasNextPage } = (await relay.rest(`/v1/environments${query}`)).body as unknown as Listed;
  return { ids: connections.map(({ deviceId }) => deviceId), hasNextPage };
}

async function online(deviceId = 'device-1') {
  const registration = await relay.register({ deviceId });
  const socket = await RawSocket.open(registration.wsUrl, { token: TOKEN });
  await relay.routing.heard('ready legacy');
  return { ...registration, socket };
}

describe('environments', () => {
  it('are shown as they are: offline, online, offline', async () => {
    const { connectionId, wsUrl } = await relay.register({
      listenerInstanceId: 'one',
      metadata: { os: 'linux', extra: { kept: true }, processInstanceId: 'secret-process' },
    });
    const { body: offline } = await relay.rest('/v1/environments/device-1');
    expect(offline).toEqual({
      id: expect.stringMatching(/^env-/),
      connectionId: null,
      deviceId: 'device-1',
      connectionName: 'laptop',
      organizationId: 'default',
      podId: null,
      connectedAt: null,
      awaySince: null,
      offlineReason: 'never-connected',
      offlineSince: offline['lastSeenAt'],
      lastHeartbeat: null,
      lastSeenAt: expect.any(Number),
      firstSeenAt: expect.any(Number),
      metadata: { os: 'linux', extra: { kept: true } },
    });

    const socket = await RawSocket.open(wsUrl, { token: TOKEN });
    await relay.routing.heard('ready legacy');
    socket.send({ type: 'ping' });
    await socket.seen('pong');
    relay.routing.mode = 'unrestricted';
    for (const name of [offline['id'], connectionId, 'device-1'])
      expect((await relay.rest(`/v1/environments/${String(name)}`)).body).toMatchObject({
        id: offline['id'],
        connectionId,
        connectedAt: expect.any(Number),
        lastHeartbeat: expect.any(Number),
        currentMode: 'unrestricted',
      });

    await socket.close();
    await relay.routing.heard('offline');
    expect((await relay.rest(`/v1/environments/${connectionId}`)).body).toMatchObject({
      connectionId: null,
      connectedAt: null,
    });
  });

  it('never show a lease', async () => {
    const { wsUrl } = await relay.register({ metadata: { processInstanceId: 'secret-process' } });
    const text = JSON.stringify((await relay.rest('/v1/environments')).body);
    expect(text).not.toContain('secret-process');
    expect(text).not.toContain(new URL(wsUrl).searchParams.get('lease'));
  });

  it('are listed in pages and filtered', async () => {
    for (const [deviceId, metadata] of [
      ['a', { source: 'cli' }],
      ['b', {}],
      ['c', { source: 'web', userId: 'u1' }],
    ])
      await relay.register({ deviceId, metadata });
    await online('d');
    expect(await list()).toEqual({ ids: ['a', 'b', 'c', 'd'], hasNextPage: false });
    expect(await list('?limit=3')).toEqual({ ids: ['a', 'b', 'c'], hasNextPage: true });
    const { body } = await relay.rest('/v1/environments/c');
    expect(await list(`?limit=3&after=${String(body['id'])}`)).toEqual({ ids: ['d'], hasNextPage: false });
    expect(await list('?onlineOnly=true')).toEqual({ ids: ['d'], hasNextPage: false });
    expect(await list('?onlineOnly=false&limit=4')).toEqual({ ids: ['a', 'b', 'c', 'd'], hasNextPage: false });
    expect(await list('?source=web')).toMatchObject({ ids: ['b', 'c', 'd'] });
    expect(await list('?userId=u2')).toMatchObject({ ids: ['a', 'b', 'd'] });
  });

  it.each(['limit=0', 'limit=x', 'limit=1001', 'onlineOnly=maybe', 'after=nowhere'])(
    'refuse the query %s',
    async (query) => {
      const answer = await relay.rest(`/v1/environments?${query}`);
      expect(answer).toMatchObject({
        status: 400,
        body: { errorCode: 'BAD_REQUEST', message: expect.stringContaining(query.split('=')[0] ?? '') },
      });
    },
  );

  it('prefer the one that is online where a device has several', async () => {
    const first = await online('d');
    await relay.register({ deviceId: 'd', listenerInstanceId: 'newer' });
    expect((await relay.rest('/v1/environments/d')).body).toMatchObject({ connectionId: first.connectionId });
  });
});

describe('messages', () => {
  it('become one input, unknown fields and all', async () => {
    const { connectionId } = await online();
    const messages = [{ role: 'user', content: 'hi', client_message_id: 'm1', more: 1 }];
    const body = { messages, agentId: 'a', conversationId: 'c' };
    const answer = await relay.rest(`/v1/environments/${connectionId}/messages`, { body });
    expect(answer).toMatchObject({ status: 200, body: { success: true, message: expect.any(String) } });
    await relay.rest(`/v1/environments/${connectionId}/messages`, { body: { messages } });
    expect(relay.routing.requests.map(({ command }) => command)).toEqual([
      {
        type: 'input',
        runtime: { agent_id: 'a', conversation_id: 'c' },
        payload: { kind: 'create_message', messages },
      },
      {
        type: 'input',
        runtime: { agent_id: null, conversation_id: 'default' },
        payload: { kind: 'create_message', messages },
      },
    ]);
  });

  it('say why they were not accepted', async () => {
    const { connectionId } = await online();
    const body = { messages: [{ role: 'user', content: 'hi' }] };
    relay.routing.answer = { type: 'input_accepted', accepted: false, success: false, error: 'the queue is full' };
    expect(await relay.rest(`/v1/environments/${connectionId}/messages`, { body })).toMatchObject({
      status: 200,
      body: { success: false, message: 'the queue is full' },
    });
    relay.routing.answer = { ...relay.routing.answer, error_code: 'DEVICE_OFFLINE', error: 'gone' };
    expect(await relay.rest(`/v1/environments/${connectionId}/messages`, { body })).toMatchObject({
      status: 503,
      body: { errorCode: 'DEVICE_OFFLINE', message: 'gone' },
    });
  });

  it.each([[{}], [{ messages: [] }], [{ messages: ['text'] }], [{ messages: 'text' }]])('refuse %j', async (body) => {
    const { connectionId } = await relay.register();
    expect(await relay.rest(`/v1/environments/${connectionId}/messages`, { body })).toMatchObject({
      status: 400,
      body: { message: expect.stringContaining('messages') },
    });
  });

  it('are not kept for a device that is offline', async () => {
    const { connectionId } = await relay.register();
    const body = { messages: [{ role: 'user', content: 'hi' }] };
    expect(await relay.rest(`/v1/environments/${connectionId}/messages`, { body })).toMatchObject({
      status: 503,
      body: { errorCode: 'DEVICE_OFFLINE' },
    });
    expect(relay.routing.requests).toEqual([]);
  });

  it('go to known environments only', async () => {
    const body = { messages: [{ role: 'user', content: 'hi' }] };
    expect(await relay.rest('/v1/environments/nowhere/messages', { body })).toMatchObject({
      status: 404,
      body: { errorCode: 'ENVIRONMENT_UNKNOWN' },
    });
  });
});

describe('one error shape', () => {
  it.each<[string, string, unknown, number, string]>([
    ['an unknown path', '/v2/nothing', undefined, 404, 'PATH_UNKNOWN'],
    ['an unknown environment', '/v1/environments/nowhere', undefined, 404, 'ENVIRONMENT_UNKNOWN'],
    [
      'what stock listeners ask on sync',
      '/v1/agents/a/runtime-status?conversation_ids=c',
      undefined,
      404,
      'PATH_UNKNOWN',
    ],
    ['a socket path without an upgrade', '/v1/environments/x/status/ws', undefined, 404, 'PATH_UNKNOWN'],
    ['a body that is no JSON', '/v1/environments/register', '{"a":', 400, 'BAD_REQUEST'],
    ['a body that is no object', '/v1/environments/register', '[]', 400, 'BAD_REQUEST'],
    ['a body that is too large', '/v1/environments/register', `{"a":"${'x'.repeat(5000)}"}`, 413, 'BODY_TOO_LARGE'],
    ['a broken path', '/v1/environments/%zz', undefined, 400, 'BAD_REQUEST'],
  ])('for %s', async (_name, path, body, status, errorCode) => {
    const answer = await relay.rest(path, { body });
    expect(answer).toMatchObject({ status, body: { errorCode } });
    expect(Object.keys(answer.body)).toEqual(['errorCode', 'message']);
    expect(answer.headers.get('x-powered-by')).toBeNull();
  });
});

it('answers the health probe of stock listeners', async () => {
  expect(await relay.rest('/v1/health', { token: 'none' })).toMatchObject({ status: 200, body: { status: 'ok' } });
});
