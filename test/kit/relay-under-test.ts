import type { NestExpressApplication } from '@nestjs/platform-express';
import { Test } from '@nestjs/testing';
import type { AddressInfo } from 'node:net';
import type { Provider } from '@nestjs/common';
import type { Frame, FrameError, RegistrationResponse, RuntimePage } from '../../src/protocol/index.js';
import {
  installRelay,
  RelayModule,
  RoutingService,
  type ClientAttachment,
  type DeviceLink,
  type RelayModuleOptions,
} from '../../src/relay/index.js';
import { engineOptions } from './engine-under-test.js';

/** At least 16 characters, as every token. */
export const TOKEN = 'test-token-0123456789';
export const OTHER_TOKEN = 'other-token-0123456789';

/** Stands in for routing: remembers what it was told, and echoes what clients send. */
export class FakeRouting {
  readonly told: string[] = [];
  readonly attached: ClientAttachment[] = [];
  readonly frames: { readonly channel: string; readonly frame: Frame }[] = [];
  readonly requests: { readonly environmentId: string; readonly command: Frame }[] = [];
  answer: Frame = { type: 'input_accepted', accepted: true };
  mode: string | undefined;
  readonly historyBytes = 0;
  private readonly waiting = new Set<() => void>();

  linkReady(_environmentId: string, link: DeviceLink): void {
    this.tell(`ready ${link.kind}`);
  }
  deviceFrame(_environmentId: string, _link: DeviceLink, channel: string, frame: Frame): void {
    this.frames.push({ channel, frame });
    this.tell(`frame ${frame.type}`);
    if (frame.type === 'throw') throw new Error('planted');
  }
  deviceRefused(_environmentId: string, _link: DeviceLink, channel: string, { fault }: FrameError): void {
    this.tell(`refused ${channel} ${fault}`);
  }
  drain(): void {
    this.tell('drain');
  }
  limited(limit: string): void {
    this.tell(`limited ${limit}`);
  }
  linkClosed(): void {
    this.tell('closed');
  }
  markedOffline(): void {
    this.tell('offline');
  }
  attach(client: ClientAttachment): void {
    this.attached.push(client);
    client.socket.receive({
      message: (raw, isBinary) => {
        if (raw === 'throw') throw new Error('planted');
        client.socket.send(JSON.stringify({ type: 'echo', raw, isBinary }));
      },
      closed: (code) => this.tell(`client closed ${code}`),
    });
  }
  async request(environmentId: string, command: Frame): Promise<Frame> {
    this.requests.push({ environmentId, command });
    return this.answer;
  }
  runtimesOf(): RuntimePage {
    return { runtimes: [], hasMore: false };
  }
  factsOf(): { mode?: string } {
    return this.mode === undefined ? {} : { mode: this.mode };
  }

  /** Resolves once routing has been told this. */
  async heard(what: string): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!this.told.includes(what)) return;
        this.waiting.delete(look);
        resolve();
      };
      this.waiting.add(look);
      look();
    });
  }

  private tell(what: string): void {
    this.told.push(what);
    for (const look of this.waiting) look();
  }
}

/** The outer half of a relay on a port of its own, with a fake behind it. */
export class RelayUnderTest {
  private constructor(
    readonly app: NestExpressApplication,
    readonly routing: FakeRouting,
  ) {}

  /**
   * @param wholeRelay with its own routing instead of the fake
   * @param listen false: initialised, but not listening yet
   */
  static async start(
    options: RelayModuleOptions = {},
    {
      providers = [],
      wholeRelay = false,
      listen = true,
    }: { providers?: Provider[]; wholeRelay?: boolean; listen?: boolean } = {},
  ): Promise<RelayUnderTest> {
    const routing = new FakeRouting();
    const fake = { provide: RoutingService, useValue: routing };
    const relay = RelayModule.forRoot({
      tokens: [TOKEN, OTHER_TOKEN],
      drainGraceMs: 500,
      drainEveryMs: 1,
      ...engineOptions(options.dataDir),
      ...options,
      extend: { relay: { providers: wholeRelay ? providers : [fake, ...providers] } },
    });
    const module = await Test.createTestingModule({ imports: [relay] }).compile();
    const app = module.createNestApplication<NestExpressApplication>({ logger: false });
    installRelay(app);
    // A process of tests that works for seconds must not meet, at its next request, a connection that was closed meanwhile.
    app.getHttpServer().keepAliveTimeout = 0;
    await (listen ? app.listen(0, '127.0.0.1') : app.init());
    return new RelayUnderTest(app, routing);
  }

  get port(): number {
    return (this.app.getHttpServer().address() as AddressInfo).port;
  }

  ws(path: string): string {
    return `ws://127.0.0.1:${this.port}${path}`;
  }

  /** A request with the token; `body` makes it a POST. */
  async rest(
    path: string,
    {
      body,
      token = TOKEN,
      headers = {},
      method = body === undefined ? 'GET' : 'POST',
    }: { body?: unknown; token?: string; headers?: Record<string, string>; method?: string } = {},
  ): Promise<{ status: number; headers: Headers; body: Record<string, unknown> }> {
    const response = await fetch(`http://127.0.0.1:${this.port}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    return {
      status: response.status,
      headers: response.headers,
      body: (await response.json()) as Record<string, unknown>,
    };
  }

  async register(body: object = {}): Promise<RegistrationResponse> {
    const answer = await this.rest('/v1/environments/register', {
      body: { deviceId: 'device-1', connectionName: 'laptop', ...body },
    });
    if (answer.status !== 200) throw new Error(JSON.stringify(answer.body));
    return answer.body as unknown as RegistrationResponse;
  }

  async close(): Promise<void> {
    await this.app.close();
  }
}
