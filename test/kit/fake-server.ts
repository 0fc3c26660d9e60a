import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocket, WebSocketServer } from 'ws';

/** What a scripted server answers to a registration. */
export interface ScriptedAnswer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface ReceivedFrame {
  readonly channel: string | null;
  readonly frame: Record<string, unknown>;
}

export interface FakeServerOptions {
  /** Capabilities in the answer to a registration. */
  readonly capabilities?: Readonly<Record<string, unknown>>;
  /** Whether `ping` is answered. Default: yes. */
  readonly pong?: boolean;
  /** Closes every socket with this code as soon as it is open, as servers do that refuse a listener late. */
  readonly refuseWith?: number;
  /** Never answers the upgrade of a stream socket. */
  readonly ignoreStream?: boolean;
  /** Whether a socket of a paired generation gets its `listener_ready`. Default: yes. */
  readonly hello?: boolean;
}

/** A server that knows only the compatible layer: registers listeners, opens their sockets, remembers what came. */
export class FakeServer {
  readonly registrations: { readonly body: Record<string, unknown>; readonly headers: IncomingHttpHeaders }[] = [];
  /** Answers for the next registrations; afterwards they are granted. */
  readonly answers: ScriptedAnswer[] = [];
  /** They answer the next registrations themselves, before `answers`. */
  readonly oddAnswers: ((stream: Duplex) => void)[] = [];
  /** They answer the next upgrades; afterwards sockets are opened. */
  readonly refusals: ((stream: Duplex) => void)[] = [];
  /** Sockets that are open, newest last. */
  readonly sockets: { readonly socket: WebSocket; readonly url: URL }[] = [];
  readonly upgrades: URL[] = [];
  readonly received: ReceivedFrame[] = [];
  pong: boolean;
  /** Told of each socket as it opens. */
  onOpen: (socket: WebSocket, url: URL) => void = () => {};
  private readonly http: Server;
  private readonly websockets = new WebSocketServer({ noServer: true });
  private readonly unanswered: Duplex[] = [];
  private watchers: (() => void)[] = [];

  private constructor(private readonly options: FakeServerOptions) {
    this.pong = options.pong ?? true;
    this.http = createServer((request, response) => {
      let text = '';
      request.on('data', (part: Buffer) => (text += part.toString()));
      request.on('end', () => {
        this.registrations.push({
          body: JSON.parse(text || '{}') as Record<string, unknown>,
          headers: request.headers,
        });
        const odd = this.oddAnswers.shift();
        if (odd) return this.leftTo(odd, request.socket);
        const answer = this.answers.shift() ?? { status: 200, body: this.granted(request.headers.host) };
        response.writeHead(answer.status, { 'Content-Type': 'application/json', ...answer.headers });
        response.end(typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body ?? {}));
        this.changed();
      });
    });
    this.http.on('upgrade', (request, socket, head) => {
      const url = new URL(request.url ?? '/', 'http://server.invalid');
      this.upgrades.push(url);
      this.changed();
      const refuse = this.refusals.shift();
      if (refuse) return this.leftTo(refuse, socket);
      if (this.options.ignoreStream && url.searchParams.get('channel') === 'stream')
        return void this.unanswered.push(socket);
      this.websockets.handleUpgrade(request, socket, head, (ws) => this.opened(ws, url));
    });
  }

  static async start(options: FakeServerOptions = {}): Promise<FakeServer> {
    const server = new FakeServer(options);
    server.http.listen(0, '127.0.0.1');
    await once(server.http, 'listening');
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.http.address() as AddressInfo).port}`;
  }

  /** @param host as the listener called it: sockets take the way that the registration took, through a proxy or not */
  granted(host = new URL(this.url).host): Record<string, unknown> {
    return {
      connectionId: 'conn-1',
      wsUrl: `ws://${host}/v1/environments/conn-1/listener/ws?lease=l1`,
      ...this.options.capabilities,
    };
  }

  /** The newest open socket of a channel; null is the one socket of a legacy link. */
  socket(channel: 'control' | 'stream' | null): WebSocket {
    const found = this.sockets.findLast(({ url }) => url.searchParams.get('channel') === channel);
    if (!found) throw new Error(`no socket for ${channel}`);
    return found.socket;
  }

  send(channel: 'control' | 'stream' | null, frame: object): void {
    this.socket(channel).send(JSON.stringify(frame));
  }

  /** Frames of a type, in order of arrival. */
  of(type: string): ReceivedFrame[] {
    return this.received.filter(({ frame }) => frame['type'] === type);
  }

  /** Waits until a condition on what the server has seen holds; looks whenever something arrives. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      await new Promise<void>((resolve) => this.watchers.push(resolve));
    }
  }

  async stop(): Promise<void> {
    for (const { socket } of this.sockets) socket.terminate();
    for (const socket of this.unanswered) socket.destroy();
    this.http.closeAllConnections();
    this.http.close();
    await once(this.http, 'close');
  }

  private leftTo(answer: (stream: Duplex) => void, stream: Duplex): void {
    this.unanswered.push(stream);
    answer(stream);
    this.changed();
  }

  private opened(socket: WebSocket, url: URL): void {
    if (this.options.refuseWith !== undefined) return socket.close(this.options.refuseWith, 'refused');
    const entry = { socket, url };
    this.sockets.push(entry);
    const channel = url.searchParams.get('channel');
    socket.on('message', (data) => {
      const frame = JSON.parse((data as Buffer).toString()) as Record<string, unknown>;
      if (frame['type'] === 'ping' && this.pong) socket.send('{"type":"pong"}');
      this.received.push({ channel, frame });
      this.changed();
    });
    socket.on('error', () => socket.terminate());
    socket.on('close', () => {
      this.sockets.splice(this.sockets.indexOf(entry), 1);
      this.changed();
    });
    this.onOpen(socket, url);
    const generation = url.searchParams.get('connectionGeneration');
    if (generation && this.options.hello !== false) {
      const attempt = Number(url.searchParams.get('connectionAttempt'));
      socket.send(
        JSON.stringify({ type: 'listener_ready', connection_generation: generation, connection_attempt: attempt }),
      );
    }
    this.changed();
  }

  private changed(): void {
    for (const wake of this.watchers.splice(0)) wake();
  }
}
