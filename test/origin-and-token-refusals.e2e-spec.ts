import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { RelayUnderTest, TOKEN } from './kit/relay-under-test.js';
import { dial, RawSocket, refused } from './kit/raw-socket.js';

const CONSOLE = 'https://console.example';
let relay: RelayUnderTest;
let sockets: { status: string; listener: string };
beforeAll(async () => {
  relay = await RelayUnderTest.start({ allowedOrigins: [CONSOLE] });
  const { connectionId, wsUrl } = await relay.register();
  sockets = { status: relay.ws(`/v1/environments/${connectionId}/status/ws?x`), listener: wsUrl };
});
afterAll(() => relay.close());

describe.each(['status', 'listener'] as const)('a %s socket', (kind) => {
  it.each([undefined, 'wrong-token-0123456789', ''])('is refused with the token %j', async (token) => {
    const refusal = await refused(dial(sockets[kind], token === undefined ? {} : { token }));
    expect(refusal).toMatchObject({
      status: 401,
      headers: { 'www-authenticate': 'Bearer' },
      body: { errorCode: 'TOKEN_REFUSED', message: expect.any(String) },
    });
  });

  it.each(['https://evil.example', 'null'])('is refused from the page %s, whatever its token', async (origin) => {
    const refusal = await refused(dial(sockets[kind], { token: TOKEN, headers: { origin } }));
    expect(refusal).toMatchObject({ status: 403, body: { errorCode: 'ORIGIN_REFUSED' } });
  });

  it.each([
    'channel=both',
    'channel=',
    'history=some',
    'history=-1',
    'resumeFrom=-1',
    'resumeFrom=1.5',
    'resumeFrom=',
    'resumeFrom=9007199254740993',
    'channel=control&connectionAttempt=x&connectionGeneration=g',
    'channel=control&connectionAttempt=1',
    'channel=stream&connectionGeneration=g',
    `client=${'x'.repeat(300)}`,
  ])('is refused with the query %s, where it has a meaning', async (query) => {
    const forListeners = query.includes('connection');
    const forBoth = !forListeners && query.startsWith('channel');
    if (!forBoth && forListeners !== (kind === 'listener')) return;
    const refusal = await refused(dial(`${sockets[kind]}&${query}`, { token: TOKEN }));
    expect(refusal).toMatchObject({
      status: 400,
      body: {
        errorCode: 'BAD_REQUEST',
        message: expect.stringMatching(/channel|history|resumeFrom|connectionAttempt|client/),
      },
    });
  });
});

it('takes the token of a status socket from the query, and an allowed page', async () => {
  const socket = await RawSocket.open(`${sockets.status}&token=${TOKEN}&resumeFrom=12&epoch=e1`, {
    headers: { origin: CONSOLE },
  });
  await vi.waitFor(
    () => expect(relay.routing.attached.at(-1)).toMatchObject({ resume: { seq: 12, epoch: 'e1' } }),
    60_000,
  );
  await socket.close();
});

it('does not take the token of a listener from the query', async () => {
  expect(await refused(dial(`${sockets.listener}&token=${TOKEN}`))).toMatchObject({ status: 401 });
});

it('knows its environments only', async () => {
  expect(await refused(dial(relay.ws('/v1/environments/conn-nowhere/status/ws'), { token: TOKEN }))).toMatchObject({
    status: 404,
    body: { errorCode: 'ENVIRONMENT_UNKNOWN' },
  });
});

it('accepts a status socket by id while the environment is offline, but not by device', async () => {
  const { body } = await relay.rest('/v1/environments/device-1');
  expect(body['connectionId']).toBeNull();
  const socket = await RawSocket.open(relay.ws(`/v1/environments/${String(body['id'])}/status/ws`), { token: TOKEN });
  expect(relay.routing.attached.at(-1)).toMatchObject({ environmentId: body['id'] });
  await socket.close();
  expect(await refused(dial(relay.ws('/v1/environments/device-1/status/ws'), { token: TOKEN }))).toMatchObject({
    status: 404,
  });
});

it.each(['', 'Basic x', 'Bearer wrong'])('REST refuses the header %j', async (authorization) => {
  const answer = await relay.rest('/v1/environments', { headers: { authorization } });
  expect(answer).toMatchObject({ status: 401, body: { errorCode: 'TOKEN_REFUSED', message: expect.any(String) } });
  expect(answer.headers.get('www-authenticate')).toBe('Bearer');
});

it('REST tells browsers which pages may ask', async () => {
  expect(
    (await relay.rest('/v1/environments', { headers: { origin: CONSOLE } })).headers.get('access-control-allow-origin'),
  ).toBe(CONSOLE);
  expect(
    (await relay.rest('/v1/environments', { headers: { origin: 'https://evil.example' } })).headers.get(
      'access-control-allow-origin',
    ),
  ).toBeNull();
});
