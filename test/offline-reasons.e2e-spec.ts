import { afterEach, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { TwinlaneClient, type EnvironmentRecord, type OfflineReason } from '../src/client/index.js';
import type { CreatedToken, RegistrationResponse } from '../src/protocol/index.js';
import { ON_NATS } from './kit/engine-under-test.js';
import { temporaryDirectory } from './kit/cli.js';
import { RawSocket } from './kit/raw-socket.js';
import { startListener, startRelay, TOKEN, urlOf } from './kit/twinlane.js';

/** Short for a person, and long beside a heartbeat of these listeners. */
const OFFLINE_AFTER_MS = 2_000;
const HEARTBEAT_MS = 50;

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
});

/** @returns its address, and what closes it */
async function relay(options: Parameters<typeof startRelay>[0] = {}) {
  const app = await startRelay(options);
  let isOpen = true;
  const close = async (): Promise<void> => {
    if (isOpen) await app.close();
    isOpen = false;
  };
  cleanUps.push(close);
  return { server: urlOf(app), close };
}

async function rest<T>(server: string, method: string, path: string, body?: object): Promise<T> {
  const response = await fetch(`${server}${path}`, {
    method,
    headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return (await response.json()) as T;
}

const register = (server: string): Promise<RegistrationResponse> =>
  rest(server, 'POST', '/v1/environments/register', { deviceId: 'device-1', connectionName: 'laptop' });

const connect = ({ wsUrl }: RegistrationResponse): Promise<RawSocket> => RawSocket.open(wsUrl, { token: TOKEN });

/** The one environment, once it is as wanted. */
async function environment(
  server: string,
  wanted: (environment: EnvironmentRecord) => boolean,
): Promise<EnvironmentRecord> {
  const client = new TwinlaneClient({ server, token: TOKEN, WebSocket, limits: { watchMs: 20 } });
  for await (const { environments } of client.watchEnvironments()) {
    const found = environments.find(wanted);
    if (found) return found;
  }
  throw new Error('nobody can tell');
}
const isOnline = ({ connectionId }: EnvironmentRecord): boolean => connectionId !== null;
const isOffline = (one: EnvironmentRecord): boolean => !isOnline(one);

const because = (offlineReason: OfflineReason) => ({ offlineReason, offlineSince: expect.any(Number) as number });

it('a listener that has registered and not connected yet, and one that says goodbye', async () => {
  const { server } = await relay();
  const registration = await register(server);
  expect(await environment(server, isOffline)).toMatchObject(because('never-connected'));
  const socket = await connect(registration);
  expect(await environment(server, isOnline)).toMatchObject({ offlineReason: null, offlineSince: null });
  await socket.close(1000);
  expect(await environment(server, isOffline)).toMatchObject(because('stopped'));
});

it('a listener whose link breaks, and that does not come back', async () => {
  const { server } = await relay({ offlineAfterMs: 50 });
  const socket = await connect(await register(server));
  await environment(server, isOnline);
  socket.ws.terminate();
  const lost = await environment(server, ({ offlineReason }) => offlineReason === 'lost');
  expect(lost.offlineSince).toBeGreaterThanOrEqual(lost.lastSeenAt);
});

it('C30 a listener whose token was revoked', async () => {
  const { server } = await relay({ offlineAfterMs: OFFLINE_AFTER_MS });
  const made = await rest<CreatedToken>(server, 'POST', '/v1/tokens', { name: 'made', role: 'device' });
  const { path: workspace, remove } = await temporaryDirectory();
  const listener = await startListener({
    server,
    token: made.token,
    workspace,
    transport: { heartbeatMs: HEARTBEAT_MS },
  });
  cleanUps.push(remove, () => listener.close());
  await environment(server, isOnline);
  await rest(server, 'DELETE', `/v1/tokens/${made.id}`);
  await environment(server, ({ offlineReason }) => offlineReason === 'access-ended');
});

it('one that an admin releases', async () => {
  const { server } = await relay();
  const registration = await register(server);
  await connect(registration);
  await rest(server, 'POST', `/v1/environments/${registration.connectionId}/release`);
  expect(await environment(server, isOffline)).toMatchObject(because('released'));
});

it('C15 one whose listener was superseded is online: the newer listener is its own', async () => {
  const { server } = await relay();
  const older = await connect(await register(server));
  await connect(await register(server));
  await older.closed;
  expect(await environment(server, isOnline)).toMatchObject({ offlineReason: null });
});

// Over NATS a relay that stops expects its devices at other nodes: they stay online for `offlineAfterMs`.
it.skipIf(ON_NATS)(
  'C24 a relay that was restarted says so of those that were online, and knows why the others are not',
  async () => {
    const { path: dataDir, remove } = await temporaryDirectory();
    cleanUps.push(remove);
    const first = await relay({ dataDir });
    const goodbye = await connect(await register(first.server));
    await goodbye.close(1000);
    const stopped = await environment(first.server, isOffline);
    await first.close();

    const second = await relay({ dataDir });
    const { offlineReason, offlineSince } = stopped;
    expect(await environment(second.server, isOffline)).toMatchObject({ offlineReason, offlineSince });
    const staying = await connect(await register(second.server));
    await environment(second.server, isOnline);
    await second.close();
    await staying.closed;

    const third = await relay({ dataDir });
    const away = await environment(third.server, isOffline);
    expect(away).toMatchObject(because('relay-restarted'));
    expect(away.offlineSince).toBe(away.lastSeenAt);
  },
);
