import { type BeforeApplicationShutdown, Inject, Injectable, Logger } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { WsAdapter } from '@nestjs/platform-ws';
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { match } from 'path-to-regexp';
import type { ServerOptions, WebSocket } from 'ws';
import { CLOCK, DEFLATE } from '../../config/index.js';
import { REFUSED_SIZE_FACTOR, withDeadline, type Clock } from '../../protocol/index.js';
import { arrivalOf, REQUEST_ID_HEADER } from '../access/arrival.js';
import { addressOf } from '../access/client-address.js';
import { Audit } from '../audit/audit.js';
import { Engine } from '../engine/engine.js';
import { RelayMetrics } from '../metrics/relay.metrics.js';
import { RelayError } from '../relay.error.js';
import { RelayOptions } from '../relay.options.js';
import { PathServer, type UpgradeRequest } from './path.server.js';
import { refuseUpgrade } from './refuse-upgrade.js';
import { SilenceWatch } from './silence-watch.js';
import { drainSockets } from './socket-drain.js';
import { TurnedAway } from './turned-away.js';
import { WaitingPeer } from './waiting-peer.js';

/**
 * Nest's gateways on the relay's HTTP port: path patterns with parameters, admission before the upgrade, raw frames
 * instead of `{event,data}`, and a drain at shutdown. `installRelay` puts it to work.
 */
@Injectable()
export class RelayWebSocketAdapter extends WsAdapter implements BeforeApplicationShutdown {
  private readonly log = new Logger(RelayWebSocketAdapter.name);
  private readonly servers = new Set<PathServer>();
  private readonly turnedAway: TurnedAway;
  private draining: Promise<void> | undefined;

  /** The HTTP server does not exist yet while providers are made: it is looked up in `create`. */
  constructor(
    private readonly host: HttpAdapterHost,
    private readonly options: RelayOptions,
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly metrics: RelayMetrics,
    private readonly audit: Audit,
    private readonly engine: Engine,
  ) {
    super();
    this.turnedAway = new TurnedAway(clock);
  }

  private get http(): Server {
    return this.host.httpAdapter.getHttpServer() as Server;
  }

  /** One server per gateway; never `super.create`, which destroys every socket whose path is not equal to its own. */
  override create(port: number, { path = '/', ...options }: ServerOptions = {}): PathServer {
    if (port !== 0)
      throw new Error(`Gateways share the relay's HTTP port; remove the port ${port} from @WebSocketGateway.`);
    const http = this.http;
    if (!http.listeners('upgrade').includes(this.onUpgrade)) http.on('upgrade', this.onUpgrade);
    const { maxFrameBytes, deflate } = this.options;
    const limits = { maxPayload: maxFrameBytes * REFUSED_SIZE_FACTOR, perMessageDeflate: deflate && DEFLATE };
    const watch = new SilenceWatch(this.clock, this.options);
    const server = new PathServer(match(path), watch, { ...limits, ...options });
    server.on('error', (error) => this.log.error(error));
    server.on('connection', (socket: WebSocket, { socket: stream }: IncomingMessage) => {
      socket.on('error', this.onSocketError);
      watch.add(socket, stream);
    });
    server.on('headers', (lines, request) => {
      lines.push(`${REQUEST_ID_HEADER}: ${arrivalOf(request).requestId}`);
    });
    server.on('wsClientError', ({ message }, socket, request) =>
      this.refuse(request, socket, new RelayError('BAD_REQUEST', `${message}.`)),
    );
    this.servers.add(server);
    return server;
  }

  /** Gateways read frames themselves. */
  override bindMessageHandlers(): void {}

  /** They also hear themselves of the end of a socket. */
  override bindClientDisconnect(): void {}

  /** Nest calls it once per server, all at the same time. */
  override async close(server: PathServer): Promise<void> {
    await this.drain();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }

  override async dispose(): Promise<void> {
    const { http } = this;
    this.servers.clear();
    // Nest closes the HTTP server next, which waits for every request: one may wait for a device that does not come back.
    const cut = this.clock.after(this.options.drainGraceMs, () => http.closeAllConnections());
    http.once('close', () => {
      cut.cancel();
      // Not before: it waits for upgrades that come meanwhile too, which nobody else would answer.
      http.off('upgrade', this.onUpgrade);
    });
    await super.dispose();
  }

  /** While every provider is still alive, so that what is in flight can be answered. */
  beforeApplicationShutdown(): Promise<void> {
    return this.drain();
  }

  private readonly onSocketError = ({ message }: Error): void => this.log.debug(message);

  private drain(): Promise<void> {
    return (this.draining ??= this.closeAll());
  }

  private async closeAll(): Promise<void> {
    await this.engine.drain();
    const socketsOf = (closesFirst: boolean): WebSocket[] =>
      [...this.servers].flatMap((server) => (server.closesFirst === closesFirst ? [...server.watch.sockets] : []));
    await drainSockets([socketsOf(true), socketsOf(false)], this.clock, this.options);
  }

  private readonly onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    this.upgrade(request, socket, head).catch((error: unknown) => {
      if (!(error instanceof RelayError)) this.log.error(error, { httpRequestId: arrivalOf(request).requestId });
      const refusal = error instanceof RelayError ? error : new RelayError('INTERNAL');
      this.audit.refused(request, 'upgrade', refusal);
      this.refuse(request, socket, refusal);
    });
  };

  private refuse(request: IncomingMessage, socket: Duplex, refusal: RelayError): void {
    const { requestId: httpRequestId } = arrivalOf(request);
    this.metrics.refusedAt('upgrade', refusal.code);
    this.log.debug('An upgrade was refused.', { httpRequestId, address: addressOf(request), code: refusal.code });
    refuseUpgrade(socket, refusal, httpRequestId);
  }

  private async upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    // An error that nobody listens to would end the process; `close` follows it.
    const ignore = (): void => {};
    socket.on('error', ignore);
    this.refuseWhileDraining();
    const { server, upgrade } = this.serverFor(request);
    const peer = new WaitingPeer(socket);
    const enter = await this.judge(server, upgrade, peer).finally(() => peer.letGo());
    this.refuseWhileDraining();
    if (socket.destroyed) return;
    socket.off('error', ignore);
    server.handleUpgrade(request, socket, head, enter);
  }

  /** @returns what becomes of the socket */
  private async judge(
    server: PathServer,
    upgrade: UpgradeRequest,
    peer: WaitingPeer,
  ): Promise<(ws: WebSocket) => void> {
    const late = (): RelayError => new RelayError('ADMIT_TIMEOUT');
    try {
      const access = await withDeadline(server.admit(upgrade), this.options.admitTimeoutMs, this.clock, late);
      peer.admitted();
      if (!upgrade.request.socket.destroyed) await server.prepare(access, upgrade);
      return (ws) => server.emit('connection', ws, upgrade.request, access);
    } catch (error) {
      const closing = error instanceof RelayError ? server.closingOf(upgrade, error) : undefined;
      if (!(error instanceof RelayError) || !closing) throw error;
      const { request } = upgrade;
      if (!this.turnedAway.take(addressOf(request), request.socket)) throw error;
      this.metrics.refusedAt('upgrade', error.code);
      return (ws) => {
        // A drain waits for it, too.
        server.watch.add(ws, request.socket);
        this.turnedAway.close(ws, closing);
      };
    }
  }

  private refuseWhileDraining(): void {
    if (this.draining) throw new RelayError('DRAINING');
  }

  private serverFor(request: IncomingMessage): { server: PathServer; upgrade: UpgradeRequest } {
    const { pathname, searchParams: query } = readUrl(request);
    for (const server of this.servers) {
      const found = matchPath(server, pathname);
      if (found) return { server, upgrade: { params: found.params, query, request } };
    }
    throw new RelayError('PATH_UNKNOWN');
  }
}

/** The `Host` header is the peer's and is not trusted to parse. */
function readUrl(request: IncomingMessage): URL {
  try {
    return new URL(request.url ?? '/', 'http://relay.invalid');
  } catch (cause) {
    throw new RelayError('BAD_REQUEST', 'The request target is no path.', { cause });
  }
}

function matchPath(server: PathServer, pathname: string) {
  try {
    return server.match(pathname);
  } catch (cause) {
    throw new RelayError('BAD_REQUEST', 'The path is not valid percent-encoding.', { cause });
  }
}
