import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import {
  answerTypeOf,
  type ChannelName,
  type EnvironmentRecord,
  type Frame,
  type RelayNodes,
  type Runtime,
  type RuntimePage,
} from '../../src/protocol/index.js';

export const FAKE_TOKEN = 'token-of-the-fake-relay';
export const FAKE_RUNTIME: Runtime = { agent_id: 'agent-1', conversation_id: 'conv-1' };

/** One client socket at the relay's end. */
export interface FakeClientSocket {
  readonly channel: ChannelName;
  readonly query: URLSearchParams;
  readonly path: string;
  readonly authorization: string | undefined;
  readonly received: Frame[];
  readonly ws: WebSocket;
  seq: number;
}

type Script = (command: Frame, relay: FakeClientRelay, socket: FakeClientSocket) => void;

/** The relay's wire towards clients (protocol section 4) over real sockets, doing what a test tells it to. */
export class FakeClientRelay {
  readonly sockets: FakeClientSocket[] = [];
  readonly commands: Frame[] = [];
  environments: EnvironmentRecord[] = [environmentRecord('env-1', 'laptop')];
  nodes: RelayNodes = { nodes: [], answeredBy: 'n-1', nats: null };
  pageSize = 100;
  /** What lists of environments are answered with, while set. */
  listed: string | undefined;
  /** Of which there are events, the newest first; of every environment. */
  runtimes: Runtime[] = [];
  /** What each of them is called. */
  title: string | undefined;
  /** How often an environment was asked for by name. */
  looks = 0;
  /** Refuses every upgrade while set. */
  refuse: { status: number; body: string } | undefined;
  /** Answers every upgrade and request while set. */
  answerAll: ((stream: Duplex) => void) | undefined;
  epoch = 'epoch-1';
  runtime = FAKE_RUNTIME;
  /** Answers by command type; what has none is answered with success. */
  readonly scripts: Record<string, Script> = {};
  private readonly history: Frame[] = [];
  private readonly waiters: { wants: () => boolean; done: () => void }[] = [];
  private next = 1;

  private constructor(private readonly http: Server) {
    const upgrades = new WebSocketServer({ noServer: true });
    http.on('upgrade', (request: IncomingMessage, stream: Duplex, head: Buffer) => {
      if (this.answerAll) return this.answerAll(stream);
      const refusal = this.refuse ?? (isKnown(request) ? undefined : REFUSED);
      if (refusal) return refuseUpgrade(stream, refusal);
      upgrades.handleUpgrade(request, stream, head, (ws) => this.accept(ws, request));
    });
    http.on('request', (request, response) => {
      if (this.answerAll) return this.answerAll(request.socket);
      const url = new URL(request.url ?? '/', 'http://relay');
      const { status, body } = isKnown(request) ? this.show(url) : REFUSED;
      response.writeHead(status, { 'content-type': 'application/json' }).end(body);
    });
  }

  static async start(): Promise<FakeClientRelay> {
    const http = createServer();
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    return new FakeClientRelay(http);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.http.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    for (const { ws } of this.sockets) ws.terminate();
    this.http.closeAllConnections();
    await new Promise((resolve) => this.http.close(resolve));
  }

  /** The open sockets of a channel. */
  open(channel: ChannelName): FakeClientSocket[] {
    return this.sockets.filter((socket) => socket.channel === channel && socket.ws.readyState === socket.ws.OPEN);
  }

  /** Sends a frame with the socket's next `seq`. */
  send(channel: ChannelName, frame: object): void {
    for (const socket of this.open(channel)) sendOn(socket, frame);
  }

  /** Sends frames in one message. */
  sendBatch(channel: ChannelName, frames: readonly object[]): void {
    for (const socket of this.open(channel))
      socket.ws.send(JSON.stringify(frames.map((frame) => ({ seq: ++socket.seq, ...frame }))));
  }

  /** Numbers an event, keeps it, and sends it on stream. */
  emit(type: string, payload: object, runtime: Runtime = this.runtime): Frame {
    const event_seq = this.next++;
    const event = {
      type,
      ...payload,
      runtime,
      event_epoch: this.epoch,
      event_seq,
      idempotency_key: `${type}:${event_seq}`,
    };
    this.history.push(event);
    this.send('stream', event);
    return event;
  }

  /** As if the relay had lost these events. */
  skip(count: number): void {
    this.next += count;
  }

  /** A new process of the device: another epoch. */
  restartDevice(epoch: string): void {
    this.epoch = epoch;
    this.next = 1;
  }

  forget(): void {
    this.history.length = 0;
  }

  answer(command: Frame, fields: object = { success: true }): void {
    this.send('control', { type: answerTypeOf(command.type), request_id: command['request_id'], ...fields });
  }

  /** Breaks every socket without a close. */
  cut(): void {
    for (const { ws } of this.sockets) ws.terminate();
  }

  /** Resolves once the condition holds; looked at whenever something arrives. */
  async seen(wants: () => boolean): Promise<void> {
    if (!wants()) await new Promise<void>((done) => this.waiters.push({ wants, done }));
  }

  commandsOf(type: string): Frame[] {
    return this.commands.filter((command) => command.type === type);
  }

  /** Ids of requests that are told of to a client that asks; undefined: a relay that cannot be asked. */
  requestsInFlight: readonly string[] | undefined;

  private accept(ws: WebSocket, request: IncomingMessage): void {
    const url = new URL(request.url ?? '/', 'http://relay');
    const { searchParams: query, pathname: path } = url;
    const channel = query.get('channel') === 'stream' ? 'stream' : 'control';
    const { authorization } = request.headers;
    const socket: FakeClientSocket = { channel, query, path, authorization, received: [], ws, seq: 0 };
    this.sockets.push(socket);
    ws.on('message', (data: Buffer) => this.receive(socket, JSON.parse(data.toString('utf8')) as Frame));
    ws.on('close', () => this.look());
    ws.on('error', () => ws.terminate());
    if (channel === 'stream' && query.has('client')) this.greet(socket);
    if (channel === 'control' && query.get('requests') === '1' && this.requestsInFlight)
      sendOn(socket, { type: 'requests_in_flight', request_ids: this.requestsInFlight });
    this.look();
  }

  private greet(socket: FakeClientSocket): void {
    const from = Number(socket.query.get('resumeFrom') ?? this.next - 1);
    const isKnownEpoch = (socket.query.get('epoch') ?? this.epoch) === this.epoch;
    const rest = this.history.filter((event) => Number(event['event_seq']) > from);
    const recovered = isKnownEpoch && rest.length === this.next - 1 - from;
    sendOn(socket, { type: 'resume_status', recovered, epoch: this.epoch, from, head: this.next - 1 });
    if (recovered) for (const event of rest) sendOn(socket, event);
  }

  private receive(socket: FakeClientSocket, frame: Frame): void {
    socket.received.push(frame);
    if (frame.type === 'ping') socket.ws.send(JSON.stringify({ type: 'pong' }));
    else if (frame.type !== 'ack') {
      this.commands.push(frame);
      const script = this.scripts[frame.type] ?? ((command: Frame) => this.answer(command));
      script(frame, this, socket);
    }
    this.look();
  }

  private look(): void {
    for (const waiter of this.waiters.filter(({ wants }) => wants())) {
      this.waiters.splice(this.waiters.indexOf(waiter), 1);
      waiter.done();
    }
  }

  private show(url: URL): { status: number; body: string } {
    const [, name, below] = /^\/v1\/environments\/([^/]+)(\/runtimes)?$/.exec(url.pathname) ?? [];
    // As relays that have no such feed.
    if (url.pathname === '/v1/environment-changes') return PATH_UNKNOWN;
    if (url.pathname === '/v1/nodes') return { status: 200, body: JSON.stringify(this.nodes) };
    if (below !== undefined) return { status: 200, body: JSON.stringify(this.runtimePage()) };
    if (name === undefined) return { status: 200, body: this.listed ?? JSON.stringify(this.page(url)) };
    this.looks++;
    this.look();
    const found = this.environments.find(({ id }) => [id, `conn-${id}`].includes(name));
    return found ? { status: 200, body: JSON.stringify(found) } : UNKNOWN;
  }

  private runtimePage(): RuntimePage {
    const { title } = this;
    const known = {
      ...(title === undefined ? {} : { title }),
      events: 1,
      epoch: this.epoch,
      seq: 1,
      lastEventAt: null,
      pendingApprovals: 0,
    };
    return { runtimes: this.runtimes.map((runtime) => ({ runtime, ...known })), hasMore: false };
  }

  private page(url: URL): object {
    const wanted = this.environments.filter(
      ({ connectionId }) => connectionId !== null || url.searchParams.get('onlineOnly') !== 'true',
    );
    const after = wanted.findIndex(({ id }) => id === url.searchParams.get('after')) + 1;
    const connections = wanted.slice(after, after + this.pageSize);
    return { connections, hasNextPage: after + this.pageSize < wanted.length };
  }
}

const UNKNOWN = {
  status: 404,
  body: JSON.stringify({ errorCode: 'ENVIRONMENT_UNKNOWN', message: 'No environment here is called that.' }),
};

const PATH_UNKNOWN = {
  status: 404,
  body: JSON.stringify({ errorCode: 'PATH_UNKNOWN', message: 'Nothing is served at this path.' }),
};

const REFUSED = {
  status: 401,
  body: JSON.stringify({ errorCode: 'TOKEN_REFUSED', message: 'The token is not known here.' }),
};

function isKnown(request: IncomingMessage): boolean {
  const token = new URL(request.url ?? '/', 'http://relay').searchParams.get('token');
  return token === FAKE_TOKEN || request.headers.authorization === `Bearer ${FAKE_TOKEN}`;
}

function refuseUpgrade(stream: Duplex, { status, body }: { status: number; body: string }): void {
  // A client that does not wait for its refusal resets the connection.
  stream.on('error', () => stream.destroy());
  stream.end(
    `HTTP/1.1 ${status} Refused\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}

function sendOn(socket: FakeClientSocket, frame: object): void {
  socket.ws.send(JSON.stringify({ seq: ++socket.seq, ...frame }));
}

export function environmentRecord(id: string, connectionName: string, online = true): EnvironmentRecord {
  return {
    id,
    connectionId: online ? `conn-${id}` : null,
    deviceId: `device-${id}`,
    connectionName,
    organizationId: 'default',
    podId: null,
    connectedAt: online ? 1_760_000_000_000 : null,
    lastHeartbeat: online ? 1_760_000_000_000 : null,
    lastSeenAt: 1_760_000_000_000,
    firstSeenAt: 1_760_000_000_000,
    currentMode: 'standard',
    metadata: { workspace: '/home/me/project' },
  };
}

/** The payload of a loop status. */
export function loopStatus(status: string, run?: string, message?: string): object {
  return {
    loop_status: {
      status,
      active_run_ids: run === undefined ? [] : [run],
      executing_tool_call_ids: [],
      ...(run === undefined || message === undefined ? {} : { client_message_ids_by_run_id: { [run]: [message] } }),
    },
  };
}

/** The payload of a piece of output, as the shell agent shapes it. */
export function output(stream: 'stdout' | 'stderr', text: string, run = 'run-1'): object {
  return {
    delta: {
      message_type: 'tool_return_message',
      id: 'message-1',
      run_id: run,
      status: 'running',
      stream,
      tool_return: text,
    },
  };
}

/** The ids that an `input` gave its messages. */
export function messageIdsOf(input: Frame): string[] {
  const { messages } = input['payload'] as { messages: { client_message_id: string }[] };
  return messages.map(({ client_message_id }) => client_message_id);
}
