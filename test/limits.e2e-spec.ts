import type { Provider } from '@nestjs/common';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { CLOCK } from '../src/config/index.js';
import type { RelayModuleOptions } from '../src/relay/index.js';
import { ManualClock } from './kit/manual-clock.js';
import { dial, RawSocket, rawUpgrade, refused } from './kit/raw-socket.js';
import { CUT_GRACE_MS } from '../src/relay/gateways/guarded-socket.js';
import { MOST_TURNED_AWAY } from '../src/relay/gateways/turned-away.js';
import { OTHER_TOKEN, RelayUnderTest, TOKEN } from './kit/relay-under-test.js';

const CONSOLE = 'https://console.example';
let closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.toReversed()) await close();
  closing = [];
});

/** The outer half of a relay with one environment. */
async function startRelay(limits: NonNullable<RelayModuleOptions['limits']>, providers: Provider[] = []) {
  const relay = await RelayUnderTest.start({ limits, allowedOrigins: [CONSOLE] }, { providers });
  closing.push(() => relay.close());
  const { connectionId, wsUrl } = await relay.register();
  const status = (query = ''): string => relay.ws(`/v1/environments/${connectionId}/status/ws?${query}`);
  const open = async (token = TOKEN): Promise<RawSocket> => RawSocket.open(status(), { token });
  const metrics = async (): Promise<string> => {
    const headers = { authorization: `Bearer ${TOKEN}` };
    return (await fetch(`http://127.0.0.1:${relay.port}/metrics`, { headers })).text();
  };
  return { relay, connectionId, wsUrl, status, open, metrics };
}

/** However busy the machine is, no time passes: a rate lets through what it lets through at once. */
const stopped = (): Provider[] => [{ provide: CLOCK, useValue: new ManualClock() }];

describe('sockets of one token', () => {
  it('C36 20 of them: those beyond the limit are refused with 429 and Retry-After, other tokens are not', async () => {
    const { status, open, metrics } = await startRelay({ clientSocketsPerToken: 16 });
    const sockets = await Promise.all(Array.from({ length: 16 }, () => open()));
    for (let i = 16; i < 20; i++) {
      expect(await refused(dial(status(), { token: TOKEN }))).toMatchObject({
        status: 429,
        headers: { 'retry-after': '5' },
        body: { errorCode: 'TOO_MANY', message: expect.stringContaining('raise the limit') },
      });
    }
    const other = await open(OTHER_TOKEN);
    other.send({ type: 'x' });
    await other.seen('echo');
    for (const socket of sockets) expect(socket.ws.readyState).toBe(socket.ws.OPEN);
    expect(await metrics()).toContain('twinlane_relay_limited_total{limit="client-sockets"} 4');
  });

  it('C36 a place is free again when a socket has closed, or its upgrade came to nothing', async () => {
    const { status, open } = await startRelay({ clientSocketsPerToken: 1 });
    const broken = dial(status('resumeFrom=x'), { token: TOKEN });
    expect(await refused(broken)).toMatchObject({ status: 400 });
    const first = await open();
    expect(await refused(dial(status(), { token: TOKEN }))).toMatchObject({ status: 429 });
    await first.close();
    // The relay may see the end of the connection after we do.
    for (;;) {
      const again = dial(status(), { token: TOKEN });
      const isOpen = await new Promise((resolve) => {
        again.once('open', () => resolve(true));
        again.once('error', () => resolve(false));
      });
      again.terminate();
      if (isOpen) return;
    }
  });

  it('C36 listeners have places of their own', async () => {
    const { wsUrl, open } = await startRelay({ clientSocketsPerToken: 1, listenerSocketsPerToken: 1 });
    await open();
    await RawSocket.open(wsUrl, { token: TOKEN });
    expect(await refused(dial(wsUrl, { token: TOKEN }))).toMatchObject({
      status: 429,
      headers: { 'retry-after': '5' },
    });
  });

  it.each([
    ['client=me', 4029],
    ['', 1013],
  ])('C36 a page, which cannot see a refusal, is told by a close code (%j: %i)', async (query, code) => {
    const { status, open } = await startRelay({ clientSocketsPerToken: 1 });
    await open();
    const page = await RawSocket.open(`${status(query)}&token=${TOKEN}`, { headers: { origin: CONSOLE } });
    expect(await page.closed).toEqual({ code, reason: expect.stringMatching(/^Retry-After: 5\. /) });
  });

  it('C36 pages that do not go when they were told hold few places, and not for long', async () => {
    const clock = new ManualClock();
    const { relay, connectionId, open } = await startRelay({ clientSocketsPerToken: 1 }, [
      { provide: CLOCK, useValue: clock },
    ]);
    await open();
    const path = `/v1/environments/${connectionId}/status/ws?client=me`;
    /** A page that never answers a close. @returns its connection, and the first line that the relay answered */
    const stay = async () => {
      const connection = await rawUpgrade(relay.port, path, TOKEN, undefined, { Origin: CONSOLE });
      const [line = ''] = String((await once(connection, 'data'))[0]).split('\r\n');
      return { connection, line };
    };
    const staying = await Promise.all(Array.from({ length: MOST_TURNED_AWAY }, stay));
    expect(new Set(staying.map(({ line }) => line))).toEqual(new Set(['HTTP/1.1 101 Switching Protocols']));
    expect((await stay()).line).toBe('HTTP/1.1 429 Too Many Requests');
    const gone = staying.map(({ connection }) => once(connection.resume(), 'close'));
    await clock.advance(CUT_GRACE_MS);
    await Promise.all(gone);
    const last = await stay();
    expect(last.line).toBe('HTTP/1.1 101 Switching Protocols');
    last.connection.destroy();
  });
});

describe('one address', () => {
  const BAD = 'no-token-of-this-relay';

  it('C36 has so many sockets of each kind, whatever its tokens', async () => {
    const { relay, wsUrl, status, open, metrics } = await startRelay({
      clientSocketsPerAddress: 2,
      listenerSocketsPerAddress: 1,
    });
    await open();
    await open(OTHER_TOKEN);
    for (const token of [TOKEN, OTHER_TOKEN])
      expect(await refused(dial(status(), { token }))).toMatchObject({
        status: 429,
        headers: { 'retry-after': '5' },
        body: { errorCode: 'TOO_MANY', message: expect.stringContaining('This address') },
      });
    await RawSocket.open(wsUrl, { token: TOKEN });
    const other = await relay.rest('/v1/environments/register', {
      body: { deviceId: 'device-2', connectionName: 'n' },
      token: OTHER_TOKEN,
    });
    expect(await refused(dial(String(other.body['wsUrl']), { token: OTHER_TOKEN }))).toMatchObject({ status: 429 });
    const text = await metrics();
    expect(text).toContain('twinlane_relay_limited_total{limit="address-client-sockets"} 2');
    expect(text).toContain('twinlane_relay_limited_total{limit="address-listener-sockets"} 1');
  });

  it('C36 that guesses tokens is refused before they are looked at', async () => {
    const { status, metrics } = await startRelay({ addressUpgradesPerSecond: 1, addressUpgradeBurst: 2 }, stopped());
    for (let i = 0; i < 2; i++) expect(await refused(dial(status(), { token: BAD }))).toMatchObject({ status: 401 });
    for (const token of [BAD, TOKEN])
      expect(await refused(dial(status(), { token }))).toMatchObject({
        status: 429,
        headers: { 'retry-after': expect.stringMatching(/^[12]$/) },
      });
    expect(await metrics()).toContain('twinlane_relay_limited_total{limit="address-upgrades"} 2');
  });

  it('C36 that registers too often is refused before its token is looked at, or its body read', async () => {
    const limits = { addressRegistrationsPerSecond: 1, addressRegistrationBurst: 3 };
    const { relay, metrics } = await startRelay(limits, stopped());
    const register = (token: string, body: unknown = { deviceId: 'd', connectionName: 'n' }) =>
      relay.rest('/v1/environments/register', { body, token });
    expect(await register(BAD)).toMatchObject({ status: 401 });
    expect(await register(OTHER_TOKEN, 'no json')).toMatchObject({ status: 400 });
    const over = await register(TOKEN, 'no json');
    expect(over).toMatchObject({ status: 429, body: { errorCode: 'TOO_MANY' } });
    expect(over.headers.get('retry-after')).toBe('1');
    expect(await metrics()).toContain('twinlane_relay_limited_total{limit="address-registrations"} 1');
  });

  it('C36 that guesses tokens over REST is refused before they are looked at, or a body read; registrations have their own', async () => {
    const limits = { addressRequestsPerSecond: 1, addressRequestBurst: 4 };
    const { relay, metrics } = await startRelay(limits, stopped());
    const elsewhere = { 'x-forwarded-for': '192.0.2.1' };
    expect(await relay.rest('/v1/environments', { token: BAD })).toMatchObject({ status: 401 });
    expect(await relay.rest('/v1/tokens', { token: BAD, body: 'no json' })).toMatchObject({ status: 401 });
    expect(await relay.rest('/metrics', { token: BAD, headers: elsewhere })).toMatchObject({ status: 401 });
    expect(await relay.rest('/v1/nothing')).toMatchObject({ status: 404 });
    for (const [path, request] of [
      ['/v1/environments', { token: BAD }],
      ['/v1/environments', {}],
      ['/V1/Environments', {}],
      ['/v1/environments/register', {}],
      ['/v1/environments/register', { method: 'PUT', body: 'no json' }],
      ['/v1/environments/regist%65r', { body: 'no json' }],
      ['/v1/tokens', { body: 'no json' }],
      ['/metrics', { headers: elsewhere }],
    ] as const) {
      const over = await relay.rest(path, request);
      expect([path, over.status, over.body['errorCode']]).toEqual([path, 429, 'TOO_MANY']);
      expect(over.headers.get('retry-after')).toMatch(/^[1-8]$/);
    }
    await relay.register();
    const text = await metrics();
    expect(text).toContain('twinlane_relay_limited_total{limit="address-requests"} 8');
    expect(text).toContain('twinlane_relay_refusals_total{at="http",code="TOO_MANY"} 8');
  });

  it('C36 sends so many commands over REST', async () => {
    const { relay, connectionId, metrics } = await startRelay(
      { addressCommandsPerSecond: 1, addressCommandBurst: 2 },
      stopped(),
    );
    const send = (token: string) =>
      relay.rest(`/v1/environments/${connectionId}/messages`, { body: { messages: [{ content: 'x' }] }, token });
    const answers = [await send(TOKEN), await send(OTHER_TOKEN), await send(TOKEN)];
    expect(answers.map(({ status }) => status)).toEqual([503, 503, 429]);
    expect(await metrics()).toContain('twinlane_relay_limited_total{limit="address-commands"} 1');
  });
});

it('C36 upgrades of one token are held to their rate, those of another are not', async () => {
  const { status, open, metrics } = await startRelay({ upgradesPerSecond: 1, upgradeBurst: 2 }, stopped());
  await open();
  await (await open()).close();
  expect(await refused(dial(status(), { token: TOKEN }))).toMatchObject({
    status: 429,
    headers: { 'retry-after': '1' },
    body: { errorCode: 'TOO_MANY', message: 'This token opens sockets too often.' },
  });
  const page = await RawSocket.open(`${status('client=me')}&token=${TOKEN}`, { headers: { origin: CONSOLE } });
  expect(await page.closed).toMatchObject({ code: 4029, reason: expect.stringMatching(/^Retry-After: \d+\. /) });
  await open(OTHER_TOKEN);
  expect(await metrics()).toContain('twinlane_relay_limited_total{limit="upgrades"} 2');
});

it('C36 registrations of one token are held to their rate, those of another are not', async () => {
  const { relay } = await startRelay({ registrationsPerSecond: 1, registrationBurst: 3 }, stopped());
  const register = (token: string, n: number) =>
    relay.rest('/v1/environments/register', { body: { deviceId: `d${n}`, connectionName: 'n' }, token });
  expect((await Promise.all([1, 2].map((n) => register(TOKEN, n)))).map(({ status }) => status)).toEqual([200, 200]);
  const over = await register(TOKEN, 3);
  expect(over).toMatchObject({ status: 429, body: { errorCode: 'TOO_MANY' } });
  expect(over.headers.get('retry-after')).toBe('1');
  expect(await register(OTHER_TOKEN, 4)).toMatchObject({ status: 200 });
});

it('C36 commands over REST are held to their rate', async () => {
  const { relay, connectionId } = await startRelay({ commandsPerSecond: 1, commandBurst: 2 }, stopped());
  const send = () =>
    relay.rest(`/v1/environments/${connectionId}/messages`, { body: { messages: [{ content: 'x' }] } });
  const answers = [await send(), await send(), await send()];
  expect(answers.map(({ status }) => status)).toEqual([503, 503, 429]);
  expect(answers[2]?.headers.get('retry-after')).toBe('1');
});

it('C36 pages of the audit log are held to the rate of a token, those of another are not', async () => {
  const { relay, metrics } = await startRelay({ auditPagesPerSecond: 1, auditPageBurst: 2 }, stopped());
  const read = (token: string) => relay.rest('/v1/audit', { token });
  expect([await read(TOKEN), await read(TOKEN)].map(({ status }) => status)).toEqual([200, 200]);
  const over = await read(TOKEN);
  expect(over).toMatchObject({ status: 429, body: { errorCode: 'TOO_MANY' } });
  expect(over.headers.get('retry-after')).toBe('1');
  expect(await read(OTHER_TOKEN)).toMatchObject({ status: 200 });
  expect(await metrics()).toContain('twinlane_relay_limited_total{limit="audit-pages"} 1');
});

it('C36 a listener that floods with heartbeats is closed and told when to come back, others are unaffected', async () => {
  const { wsUrl, open } = await startRelay({ framesPerSecond: 1, frameBurst: 50 });
  const listener = await RawSocket.open(wsUrl, { token: TOKEN });
  for (let i = 0; i < 1_000; i++) listener.send({ type: 'ping' });
  expect(await listener.closed).toEqual({
    code: 1013,
    reason: expect.stringMatching(/^Retry-After: \d+\. At most 1 small frames a second\.$/),
  });
  const other = await open();
  other.send({ type: 'x' });
  await other.seen('echo');
});

it('C36 a device that invents a runtime with each event fills nothing, and others are unaffected', async () => {
  const relay = await RelayUnderTest.start({}, { wholeRelay: true });
  closing.push(() => relay.close());
  const { connectionId, wsUrl } = await relay.register();
  const status = (conversation: string): string =>
    relay.ws(`/v1/environments/${connectionId}/status/ws?conversationId=${conversation}`);
  const [kept, last] = [
    await RawSocket.open(status('kept'), { token: TOKEN }),
    await RawSocket.open(status('last'), { token: TOKEN }),
  ];
  const device = await RawSocket.open(wsUrl, { token: TOKEN });
  const emit = (conversation_id: string, turn_id: string): void =>
    device.send({
      type: 'turn_finished',
      turn_id,
      runtime: { agent_id: null, conversation_id },
      stop_reason: 'end_turn',
    });
  emit('kept', 'first');
  for (let i = 0; i < 3_000; i++) emit(`invented-${i}`, 't');
  emit('kept', 'second');
  emit('last', 't');
  await last.seen('turn_finished');
  await kept.seenWhere(({ turn_id }) => turn_id === 'second');
  expect(kept.frames.filter(({ type }) => type === 'turn_finished')).toHaveLength(2);
  const headers = { authorization: `Bearer ${TOKEN}` };
  const metrics = await (await fetch(`http://127.0.0.1:${relay.port}/metrics`, { headers })).text();
  // 1,000 have a history, and of as many more the name is known.
  expect(metrics).toMatch(/twinlane_relay_limited_total\{limit="runtimes"\} 20\d\d/);
  expect(metrics).toMatch(/twinlane_relay_limited_total\{limit="runtime-names"\} 10\d\d/);
});

it.each(['/v1/tokens', '/v1/environments/env-1/messages', '/v1/nothing'])(
  'C36 the body of a request without a token is not parsed: %s',
  async (path) => {
    const { relay } = await startRelay({});
    const headers = { 'content-type': 'application/json' };
    const url = `http://127.0.0.1:${relay.port}${path}`;
    const answer = await fetch(url, { method: 'POST', headers: { ...headers, origin: CONSOLE }, body: '{ no JSON' });
    expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([401, CONSOLE]);
    const known = { ...headers, authorization: `Bearer ${TOKEN}` };
    expect((await fetch(url, { method: 'POST', headers: known, body: '{ no JSON' })).status).toBe(400);
  },
);

it('C36 where no token is looked at, large bodies are not parsed', async () => {
  const { relay } = await startRelay({});
  const body = JSON.stringify({ text: 'x'.repeat(200_000) });
  const url = `http://127.0.0.1:${relay.port}/elsewhere`;
  const answer = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  expect([answer.status, await answer.json()]).toEqual([413, expect.objectContaining({ errorCode: 'BODY_TOO_LARGE' })]);
});
