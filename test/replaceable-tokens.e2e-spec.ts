import type { Provider } from '@nestjs/common';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  AccessService,
  AuditLog,
  CLOCK,
  dialWithWs,
  DEFAULT_TYPE_MAP,
  EnvironmentRegistry,
  HTTP_FETCH,
  type HttpFetch,
  INPUT_LEDGER,
  JOURNAL,
  type Journal,
  JWKS_FETCH,
  LegacyLink,
  LINK_FACTORY,
  LINK_OBSERVER,
  LinkParts,
  type LinkObserver,
  OPEN_HISTORY,
  PROTOCOL_TYPE_MAP,
  ProtocolEmitterService,
  type Registration,
  type RelayModuleOptions,
  RelayError,
  ROUTING_OBSERVER,
  type RoutingObserver,
  SOCKET_DIALER,
  SYSTEM_CLOCK,
  TOKEN_SOURCE,
  TokenStore,
  type ListenerModuleOptions,
  ListenerModule,
} from '../src/index.js';
import { MemoryInputLedger } from '../src/conversations/memory-input-ledger.js';
import { MemoryJournal } from '../src/journal/index.js';
import { NO_ROUTING_OBSERVER } from '../src/relay/routing/routing-observer.js';
import { MemoryAuditLog } from '../src/relay/audit/memory-audit.log.js';
import { MemoryTokenStore } from '../src/relay/access/tokens/memory-token.store.js';
import { MemoryEnvironmentRegistry } from '../src/relay/environments/memory-environment.registry.js';
import { RelayUnderTest, TOKEN as RELAY_TOKEN } from './kit/relay-under-test.js';
import { FakeServer } from './kit/fake-server.js';
import { SILENT } from './kit/silent-logger.js';
import { Test } from '@nestjs/testing';
import type { INestApplicationContext } from '@nestjs/common';
import { LINK_MONITOR, type LinkMonitor } from '../src/transport/index.js';
import { WebSocket } from 'ws';

const SPLIT = { supportsSplitStatusChannels: true };
const RUNTIME = { agent_id: null, conversation_id: 'c1' };

const cleanUps: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
});

/** A listener with one token of one room replaced, connected to a scripted server. */
async function listen(
  room: 'registration' | 'transport' | 'emitter' | 'listener',
  provider: Provider,
): Promise<{ server: FakeServer; app: INestApplicationContext; monitor: LinkMonitor }> {
  const server = await FakeServer.start({ capabilities: SPLIT });
  const options: ListenerModuleOptions = {
    server: server.url,
    token: 'given',
    deviceId: 'device-1',
    connectionName: 'laptop',
  };
  const module = ListenerModule.forRoot({ ...options, extend: { [room]: { providers: [provider] } } });
  const app = await Test.createTestingModule({ imports: [module] })
    .setLogger(SILENT)
    .compile();
  await app.init();
  cleanUps.push(
    () => server.stop(),
    () => app.close(),
  );
  const monitor = app.get<LinkMonitor>(LINK_MONITOR, { strict: false });
  for await (const { phase } of monitor.states()) if (phase === 'ready') break;
  return { server, app, monitor };
}

async function relay(provider: Provider, options: RelayModuleOptions = {}): Promise<RelayUnderTest> {
  const started = await RelayUnderTest.start(options, { providers: [provider], wholeRelay: true });
  cleanUps.push(() => started.close());
  return started;
}

/** A client's socket. */
async function attach(started: RelayUnderTest): Promise<WebSocket> {
  const { connectionId } = await started.register();
  const socket = new WebSocket(started.ws(`/v1/environments/${connectionId}/status/ws`), {
    headers: { authorization: `Bearer ${RELAY_TOKEN}` },
  });
  await once(socket, 'open');
  return socket;
}

describe('tokens of a listener that `extend` replaces', () => {
  it('registration: HTTP_FETCH', async () => {
    const urls: string[] = [];
    const useValue: HttpFetch = (input, init) => {
      urls.push(input instanceof Request ? input.url : input.toString());
      return fetch(input, init);
    };
    const { server } = await listen('registration', { provide: HTTP_FETCH, useValue });
    expect(urls).toEqual([`${server.url}/v1/environments/register`]);
  });

  it('registration: TOKEN_SOURCE', async () => {
    const { server } = await listen('registration', {
      provide: TOKEN_SOURCE,
      useValue: { resolve: async () => 'from elsewhere' },
    });
    expect(server.registrations[0]?.headers.authorization).toBe('Bearer from elsewhere');
  });

  it.each(['registration', 'transport', 'emitter', 'listener'] as const)('%s: CLOCK', async (room) => {
    let asked = 0;
    const useValue = { ...SYSTEM_CLOCK, now: () => (asked++, SYSTEM_CLOCK.now()) };
    const { app, server } = await listen(room, { provide: CLOCK, useValue });
    app.get(ProtocolEmitterService).emit('turn_finished', { turn_id: 't', stop_reason: 'end_turn' }, RUNTIME);
    server.send('control', { type: 'app_server_info', request_id: 'r1' });
    await server.until(() => server.of('app_server_info_response').length > 0);
    expect(asked).toBeGreaterThan(0);
  });

  it('transport: SOCKET_DIALER', async () => {
    const dialled: string[] = [];
    const { monitor } = await listen('transport', {
      provide: SOCKET_DIALER,
      useValue: (url: URL, options: Parameters<typeof dialWithWs>[1]) => {
        dialled.push(url.searchParams.get('channel') ?? 'none');
        return dialWithWs(url, options);
      },
    });
    expect(dialled.toSorted()).toEqual(['control', 'stream']);
    expect(monitor.current.phase).toBe('ready');
  });

  it('transport: LINK_FACTORY', async () => {
    const { monitor } = await listen('transport', {
      provide: LINK_FACTORY,
      inject: [LinkParts],
      useFactory: (parts: LinkParts) => (registration: Registration) => new LegacyLink(parts, registration),
    });
    expect(monitor.current.link?.kind).toBe('legacy');
  });

  it('transport: LINK_OBSERVER', async () => {
    const seen: string[] = [];
    const useValue: LinkObserver = {
      socket: (channel) => ({
        opened: () => void seen.push(channel),
        sent: () => {},
        received: () => {},
        closed: () => {},
      }),
      inFlight: () => {},
      paced: () => {},
      confirmedAfter: () => {},
      refused: () => {},
      lost: () => {},
    };
    await listen('transport', { provide: LINK_OBSERVER, useValue });
    expect(seen.toSorted()).toEqual(['control', 'stream']);
  });

  it('emitter: PROTOCOL_TYPE_MAP', async () => {
    const useValue = { ...DEFAULT_TYPE_MAP, turn_finished: { channel: 'stream', delivery: 'ordered' } };
    const { app, server } = await listen('emitter', { provide: PROTOCOL_TYPE_MAP, useValue });
    app.get(ProtocolEmitterService).emit('turn_finished', { turn_id: 't', stop_reason: 'end_turn' }, RUNTIME);
    await server.until(() => server.of('turn_finished').length > 0);
    expect(server.of('turn_finished')[0]?.channel).toBe('stream');
  });

  it('emitter: JOURNAL', async () => {
    const useValue: Journal = new MemoryJournal();
    const { app } = await listen('emitter', { provide: JOURNAL, useValue });
    app.get(ProtocolEmitterService).emit('turn_finished', { turn_id: 't', stop_reason: 'end_turn' }, RUNTIME);
    expect(useValue.bounds(RUNTIME).head).toBe(1);
  });

  it('listener: INPUT_LEDGER', async () => {
    const useValue = new MemoryInputLedger(1);
    const { server } = await listen('listener', { provide: INPUT_LEDGER, useValue });
    const messages = [{ role: 'user', content: 'true', client_message_id: 'm1' }];
    const payload = { kind: 'create_message', messages };
    server.send('control', { type: 'input', request_id: 'r1', runtime: RUNTIME, payload });
    await server.until(() => server.of('input_accepted').length > 0);
    expect(useValue.answerTo(RUNTIME, 'm1')).toEqual({ accepted: true, disposition: 'started' });
  });
});

describe('tokens of a relay that `extend` replaces', () => {
  it('AccessService', async () => {
    const identify = async (token?: string) => {
      if (token !== 'let-me-in') throw new RelayError('TOKEN_REFUSED');
      const tokenId = createHash('sha256').update(token).digest('hex');
      return { tokenId, organizationId: 'default', mayApprove: true };
    };
    const started = await relay({ provide: AccessService, useValue: { identify } });
    expect((await started.rest('/v1/environments', { token: 'let-me-in' })).status).toBe(200);
    expect((await started.rest('/v1/environments')).status).toBe(401);
  });

  it('TokenStore', async () => {
    const asked: string[] = [];
    class Recording extends MemoryTokenStore {
      override async byDigest(digest: string) {
        asked.push(digest);
        return super.byDigest(digest);
      }
    }
    const started = await relay({ provide: TokenStore, useClass: Recording });
    expect((await started.rest('/v1/environments', { token: 'tl_unknown' })).status).toBe(401);
    expect(asked).toEqual([createHash('sha256').update('tl_unknown').digest('hex')]);
  });

  it('AuditLog', async () => {
    const log = new MemoryAuditLog();
    const started = await relay({ provide: AuditLog, useValue: log });
    await started.register();
    const { entries } = await log.list({ limit: 10 });
    expect(entries.map(({ kind }) => kind)).toContain('listener_registered');
  });

  it('JWKS_FETCH', async () => {
    const asked: string[] = [];
    const useValue = async (url: string | URL): Promise<Response> => {
      asked.push(String(url));
      return Response.json({ keys: [] });
    };
    const jwt = { issuer: 'https://id.test', audience: 'twinlane', jwksUrl: 'https://id.test/keys' };
    const started = await relay({ provide: JWKS_FETCH, useValue }, { jwt });
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const token = `${part({ alg: 'RS256', kid: 'k' })}.${part({ iss: jwt.issuer, aud: jwt.audience })}.c2ln`;
    expect((await started.rest('/v1/environments', { token })).status).toBe(401);
    expect(asked).toEqual([jwt.jwksUrl]);
  });

  it('EnvironmentRegistry', async () => {
    const registered: string[] = [];
    class Recording extends MemoryEnvironmentRegistry {
      override async register(...args: Parameters<MemoryEnvironmentRegistry['register']>) {
        registered.push(args[0].deviceId);
        return super.register(...args);
      }
    }
    const started = await relay({ provide: EnvironmentRegistry, useClass: Recording });
    await started.register();
    expect(registered).toEqual(['device-1']);
  });

  it('OPEN_HISTORY', async () => {
    const opened: string[] = [];
    const started = await relay({
      provide: OPEN_HISTORY,
      useValue: (environmentId: string) => {
        opened.push(environmentId);
        return new MemoryJournal();
      },
    });
    await attach(started);
    await vi.waitFor(() => expect(opened).toHaveLength(1), 60_000);
  });

  it('ROUTING_OBSERVER', async () => {
    const dropped: string[] = [];
    const useValue: RoutingObserver = { ...NO_ROUTING_OBSERVER, dropped: (reason) => void dropped.push(reason) };
    const socket = await attach(await relay({ provide: ROUTING_OBSERVER, useValue }));
    socket.send('{"no":"type"}');
    socket.send('{"type":"ping"}');
    await once(socket, 'message');
    expect(dropped).toEqual(['unreadable']);
  });

  it('CLOCK', async () => {
    const useValue = { ...SYSTEM_CLOCK, now: () => 1_000 };
    const started = await relay({ provide: CLOCK, useValue });
    await started.register();
    const { body } = await started.rest('/v1/environments', { token: RELAY_TOKEN });
    expect(body).toMatchObject({ connections: [{ firstSeenAt: expect.anything() }] });
    expect(JSON.stringify(body)).toMatch(/"firstSeenAt":(1000|"1970-01-01T00:00:01.000Z")/);
  });
});
