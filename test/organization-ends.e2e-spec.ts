import type { NestExpressApplication } from '@nestjs/platform-express';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LiveSockets, SYSTEM_CLOCK, TokenStore } from '../src/index.js';
import { EnvironmentRegistry } from '../src/relay/index.js';
import { MemoryTokenStore } from '../src/relay/access/tokens/memory-token.store.js';
import type { LeaseStanding, Registered, Registration } from '../src/relay/environments/environment.registry.js';
import type { Environment } from '../src/relay/environments/environment.js';
import { MemoryEnvironmentRegistry } from '../src/relay/environments/memory-environment.registry.js';
import { IdentityProvider } from './kit/identity-provider.js';
import { dial, RawSocket, refused } from './kit/raw-socket.js';
import { startRelay, TOKEN, urlOf } from './kit/twinlane.js';

/** Holds back whoever comes to it, until a test lets them go. */
class Gate {
  private isShut = false;
  private arrived: () => void = () => {};
  private release: () => void = () => {};
  private opened = Promise.resolve();

  /** @returns resolves when somebody stands before it */
  shut(): Promise<void> {
    this.isShut = true;
    this.opened = new Promise((resolve) => (this.release = resolve));
    return new Promise((resolve) => (this.arrived = resolve));
  }

  open(): void {
    this.isShut = false;
    this.release();
  }

  async pass(): Promise<void> {
    if (!this.isShut) return;
    this.arrived();
    await this.opened;
  }
}

/** What was looked up stays as it was while its asker is held back. */
class GatedRegistry extends MemoryEnvironmentRegistry {
  readonly gates = { register: new Gate(), find: new Gate(), standing: new Gate() };

  override async register(registration: Registration): Promise<Registered> {
    await this.gates.register.pass();
    return super.register(registration);
  }
  override async find(organizationId: string, name: string): Promise<readonly Environment[]> {
    const found = await super.find(organizationId, name);
    await this.gates.find.pass();
    return found;
  }
  override async standingOf(connectionId: string, secret: string): Promise<LeaseStanding> {
    const standing = await super.standingOf(connectionId, secret);
    await this.gates.standing.pass();
    return standing;
  }
}

class GatedTokens extends MemoryTokenStore {
  readonly gate = new Gate();

  override async add(...token: Parameters<MemoryTokenStore['add']>): Promise<void> {
    await this.gate.pass();
    return super.add(...token);
  }
}

let provider: IdentityProvider;
let relay: NestExpressApplication;
let server: string;
let registry: GatedRegistry;
let tokens: GatedTokens;

beforeEach(async () => {
  registry = new GatedRegistry(SYSTEM_CLOCK);
  tokens = new GatedTokens();
  await tokens.addOrganization({ id: 'default', name: 'default', createdAt: 0 });
  provider = await IdentityProvider.start();
  const providers = [
    { provide: EnvironmentRegistry, useValue: registry },
    { provide: TokenStore, useValue: tokens },
  ];
  relay = await startRelay({ jwt: provider.options, extend: { relay: { providers } } });
  server = urlOf(relay);
  await rest('POST', '/v1/organizations', TOKEN, { id: 'acme' });
});
afterEach(async () => {
  await relay.close();
  await provider.close();
});

async function rest(method: string, path: string, token: string, body?: unknown) {
  const response = await fetch(`${server}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

const removed = () => rest('DELETE', '/v1/organizations/acme', TOKEN);

/** Whose token it is: made here, or an identity provider's, which nobody can take back. */
const HOLDERS: Readonly<Record<string, (role: 'admin' | 'client' | 'device') => Promise<string>>> = {
  'made here': async (role) => {
    const made = await rest('POST', '/v1/tokens', TOKEN, { name: role, role, organizationId: 'acme' });
    return String(made.body['token']);
  },
  'of an identity provider': (role) => provider.sign({ twinlane_organization: 'acme', twinlane_role: role, sub: role }),
};

const register = (token: string) =>
  rest('POST', '/v1/environments/register', token, { deviceId: 'device-1', connectionName: 'laptop' });

async function registered(token: string) {
  const { connectionId, wsUrl } = (await register(token)).body;
  const status = `${server.replace('http', 'ws')}/v1/environments/${String(connectionId)}/status/ws?client=one`;
  return { status, wsUrl: String(wsUrl) };
}

describe.each(Object.entries(HOLDERS))('C30 an organisation is deleted, with a token %s', (_, make) => {
  it('closes the sockets that are open', async () => {
    const device = await make('device');
    const { status, wsUrl } = await registered(device);
    const listener = await RawSocket.open(wsUrl, { token: device });
    const client = await RawSocket.open(status, { token: await make('client') });
    const operators = (await rest('POST', '/v1/environments/register', TOKEN, { deviceId: 'd', connectionName: 'n' }))
      .body;
    const other = await RawSocket.open(String(operators['wsUrl']), { token: TOKEN });
    expect((await removed()).body).toMatchObject({ deletedEnvironments: 1 });
    expect(await client.closed).toMatchObject({ code: 4001, reason: expect.stringContaining('revoked') });
    expect(await listener.closed).toMatchObject({ code: 1008 });
    other.send({ type: 'ping' });
    await other.seen('pong');
    expect(relay.get(LiveSockets).count).toBe(1);
  });

  it('closes a client that was let in before, and attaches after', async () => {
    const { status } = await registered(await make('device'));
    const client = await make('client');
    const waits = registry.gates.find.shut();
    const opening = RawSocket.open(status, { token: client });
    await waits;
    expect((await removed()).status).toBe(200);
    registry.gates.find.open();
    expect(await (await opening).closed).toMatchObject({ code: 4001, reason: expect.stringContaining('revoked') });
    expect(relay.get(LiveSockets).count).toBe(0);
    expect(await refused(dial(status, { token: client }))).toMatchObject({ status: 401 });
  });

  it('closes a listener that was let in before, and connects after', async () => {
    const device = await make('device');
    const { wsUrl } = await registered(device);
    const waits = registry.gates.standing.shut();
    const opening = RawSocket.open(wsUrl, { token: device });
    await waits;
    expect((await removed()).status).toBe(200);
    registry.gates.standing.open();
    expect(await (await opening).closed).toMatchObject({ code: 1008, reason: expect.stringContaining('revoked') });
    expect(relay.get(LiveSockets).count).toBe(0);
    expect(await refused(dial(wsUrl, { token: device }))).toMatchObject({ status: 401 });
  });

  it('leaves nothing of a listener that was let in before, and registers after', async () => {
    const device = await make('device');
    const waits = registry.gates.register.shut();
    const registering = register(device);
    await waits;
    expect((await removed()).body).toMatchObject({ deletedEnvironments: 0 });
    registry.gates.register.open();
    expect(await registering).toMatchObject({ status: 401, body: { errorCode: 'TOKEN_REVOKED' } });
    expect(await registry.list('acme')).toEqual([]);
  });

  it('makes no token for an admin who asked before', async () => {
    const admin = await make('admin');
    const waits = tokens.gate.shut();
    const making = rest('POST', '/v1/tokens', admin, { name: 'late', role: 'client' });
    await waits;
    expect((await removed()).status).toBe(200);
    tokens.gate.open();
    expect(await making).toMatchObject({ status: 404, body: { errorCode: 'ORGANIZATION_UNKNOWN' } });
    expect((await tokens.list('acme')).filter(({ revokedAt }) => revokedAt === null)).toEqual([]);
  });
});

it('its id is not given again, so that neither tokens nor entries of the audit log come back to another one', async () => {
  const token = await provider.sign({ twinlane_organization: 'acme', twinlane_role: 'admin' });
  expect((await rest('GET', '/v1/tokens', token)).status).toBe(200);
  expect((await removed()).status).toBe(200);
  expect(await rest('POST', '/v1/organizations', TOKEN, { id: 'acme' })).toMatchObject({
    status: 409,
    body: { errorCode: 'ORGANIZATION_EXISTS', message: expect.stringContaining('was deleted') },
  });
  expect(await rest('GET', '/v1/tokens', token)).toMatchObject({ status: 401, body: { errorCode: 'TOKEN_REFUSED' } });
  expect(await removed()).toMatchObject({ status: 404 });
});
