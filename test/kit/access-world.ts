import { ModulesContainer } from '@nestjs/core';
import { createHash, randomUUID } from 'node:crypto';
import { LogLevels } from '../../src/observability/index.js';
import type { CreatedToken, TokenRequest } from '../../src/protocol/index.js';
import { type RelayModuleOptions, TokenStore } from '../../src/relay/index.js';
import { RawSocket } from './raw-socket.js';
import { RelayUnderTest, TOKEN } from './relay-under-test.js';

/** Whoever asks. All but the operator and the strangers are of the organisation `acme`, whose environments are named `ci-…`. */
export const SUBJECTS = [
  'operator',
  'admin',
  'client',
  'unapproving',
  'watcher',
  'outside',
  'device',
  'deviceOutside',
  'stranger',
  'strangerAdmin',
  'expired',
  'revoked',
  'nobody',
] as const;
export type Subject = (typeof SUBJECTS)[number];

const IN = ['ci-*'];
const OUT = ['web-*'];

/** What each of them is made with. */
const REQUESTS: Readonly<Partial<Record<Subject, Omit<TokenRequest, 'name'>>>> = {
  admin: { role: 'admin', organizationId: 'acme' },
  client: { role: 'client', organizationId: 'acme', environments: IN, mayApprove: true },
  unapproving: { role: 'client', organizationId: 'acme', environments: IN },
  watcher: { role: 'client', organizationId: 'acme', environments: IN, access: 'watch' },
  outside: { role: 'client', organizationId: 'acme', environments: OUT, mayApprove: true },
  device: { role: 'device', organizationId: 'acme', environments: IN },
  deviceOutside: { role: 'device', organizationId: 'acme', environments: OUT },
  stranger: { role: 'client', organizationId: 'rival', mayApprove: true },
  strangerAdmin: { role: 'admin', organizationId: 'rival' },
  revoked: { role: 'client', organizationId: 'acme', mayApprove: true },
};

/** An environment, and the listener's socket where one is connected. */
export interface Served {
  readonly id: string;
  readonly connectionId: string;
  readonly wsUrl: string;
}

export interface ServedEnvironments {
  /** Of `acme`: where the listener is connected, one that is offline, and one that only `outside` sees. */
  readonly ci: Served;
  readonly offline: Served;
  readonly web: Served;
  /** Of `rival`, with the same name as `ci`. */
  readonly rivals: Served;
  /** The listener's socket of `ci`. */
  readonly device: RawSocket;
}

export interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

/** A relay with two organisations, and tokens of every kind. */
export class AccessWorld {
  private constructor(
    readonly relay: RelayUnderTest,
    private readonly tokens: ReadonlyMap<Subject, CreatedToken>,
  ) {}

  static async start(options: RelayModuleOptions = {}): Promise<AccessWorld> {
    const levels = { provide: LogLevels, useValue: new LogLevels('fatal') };
    const relay = await RelayUnderTest.start(
      { tokens: [TOKEN], ...options },
      { wholeRelay: true, providers: [levels] },
    );
    const tokens = new Map<Subject, CreatedToken>();
    const world = new AccessWorld(relay, tokens);
    for (const id of ['acme', 'rival']) await world.ask('operator', 'POST', '/v1/organizations', { id });
    for (const [subject, request] of Object.entries(REQUESTS))
      tokens.set(subject as Subject, await world.make({ name: subject, ...request }));
    await world.ask('operator', 'DELETE', `/v1/tokens/${world.idOf('revoked')}`);
    tokens.set('expired', await world.makeExpired());
    return world;
  }

  /** What this subject shows; undefined: nothing. */
  tokenOf(subject: Subject): string | undefined {
    if (subject === 'operator') return TOKEN;
    return this.tokens.get(subject)?.token;
  }

  idOf(subject: Subject): string {
    return this.tokens.get(subject)?.id ?? '';
  }

  async make(request: TokenRequest): Promise<CreatedToken> {
    const { status, body } = await this.ask('operator', 'POST', '/v1/tokens', request);
    if (status !== 201) throw new Error(JSON.stringify(body));
    return body as unknown as CreatedToken;
  }

  async ask(subject: Subject, method: string, path: string, body?: unknown): Promise<Answer> {
    const token = this.tokenOf(subject);
    const response = await fetch(`http://127.0.0.1:${this.relay.port}${path}`, {
      method,
      headers: {
        'content-type': 'application/json',
        // Not directly of this machine, as `/metrics` has it.
        'x-forwarded-for': '192.0.2.1',
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: text.startsWith('{') ? (JSON.parse(text) as Answer['body']) : { text } };
  }

  /** A listener registers. */
  async register(subject: Subject, connectionName: string, deviceId = `device-${randomUUID()}`): Promise<Served> {
    const { body } = await this.ask(subject, 'POST', '/v1/environments/register', { deviceId, connectionName });
    const { connectionId, wsUrl } = body;
    if (typeof connectionId !== 'string' || typeof wsUrl !== 'string') throw new Error(JSON.stringify(body));
    return { id: `env-${connectionId}`, connectionId, wsUrl };
  }

  /** Listeners of both organisations register, and one connects. */
  async serve(): Promise<ServedEnvironments> {
    const rivalDevice = await this.make({ name: 'device', role: 'device', organizationId: 'rival' });
    const ci = await this.register('device', 'ci-one');
    const offline = await this.register('device', 'ci-two');
    const web = await this.register('deviceOutside', 'web-one');
    const { body } = await this.relay.rest('/v1/environments/register', {
      token: rivalDevice.token,
      body: { deviceId: 'device-r', connectionName: 'ci-one' },
    });
    const rivals = body as unknown as Served;
    return { ci, offline, web, rivals, device: await this.open('device', ci.wsUrl) };
  }

  /** A socket of this subject. */
  open(subject: Subject, url: string): Promise<RawSocket> {
    return RawSocket.open(url, { token: this.tokenOf(subject) ?? '' });
  }

  statusUrl({ connectionId }: Pick<Served, 'connectionId'>, query = ''): string {
    return this.relay.ws(`/v1/environments/${connectionId}/status/ws?${query}`);
  }

  /** `POST /v1/environments/:name/messages`, as the controllers' metadata have them. */
  routes(): string[] {
    const methods = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'ALL', 'OPTIONS', 'HEAD'];
    const controllers = [...this.relay.app.get(ModulesContainer).values()].flatMap((module) => [
      ...module.controllers.values(),
    ]);
    const routes = controllers.flatMap(({ metatype }) => {
      if (typeof metatype !== 'function') return [];
      const prefix = Reflect.getMetadata('path', metatype) as string;
      const handlers = Object.values(Object.getOwnPropertyDescriptors(metatype.prototype)).map(
        ({ value }) => value as unknown,
      );
      return handlers.flatMap((handler) => {
        if (typeof handler !== 'function' || handler === metatype) return [];
        const path = Reflect.getMetadata('path', handler) as string | undefined;
        if (path === undefined) return [];
        const method = methods[Reflect.getMetadata('method', handler) as number] ?? '?';
        return [
          `${method} /${[prefix, path]
            .map((part) => part.replaceAll(/^\/|\/$/g, ''))
            .filter((part) => part !== '')
            .join('/')}`,
        ];
      });
    });
    return [...new Set(routes)];
  }

  /** The paths of the gateways. */
  gateways(): string[] {
    const providers = [...this.relay.app.get(ModulesContainer).values()].flatMap((module) => [
      ...module.providers.values(),
    ]);
    return providers.flatMap(({ metatype }) => {
      if (typeof metatype !== 'function') return [];
      const options = Reflect.getMetadata('websockets:gateway_options', metatype) as { path?: string } | undefined;
      return options?.path === undefined ? [] : [`WS ${options.path}`];
    });
  }

  async close(): Promise<void> {
    await this.relay.close();
  }

  /** Nobody waits for a token to expire. */
  private async makeExpired(): Promise<CreatedToken> {
    const token = `tl_${'e'.repeat(43)}`;
    const digest = createHash('sha256').update(token).digest('hex');
    const made = await this.make({ name: 'short', role: 'client', organizationId: 'acme' });
    const store = this.relay.app.get(TokenStore);
    const record = await store.get(made.id);
    if (!record) throw new Error('no such token');
    const expired = { ...record, id: 'tok-expired', name: 'expired', expiresAt: Date.now() - 1 };
    await store.add(expired, digest);
    return { ...made, ...expired, token };
  }
}
