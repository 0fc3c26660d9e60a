import { Logger } from '@nestjs/common';
import { type OnGatewayConnection, type OnGatewayInit, WebSocketGateway } from '@nestjs/websockets';
import type { IncomingMessage } from 'node:http';
import type { WebSocket } from 'ws';
import { WsSocket } from '../../channel/index.js';
import { arrivalOf } from '../access/arrival.js';
import { Engine } from '../engine/engine.js';
import { ClientAdmission, type AdmittedClient } from './client.admission.js';
import { RelayMetrics } from '../metrics/relay.metrics.js';
import { RoutingOptions } from '../routing/routing.options.js';
import type { PathServer } from './path.server.js';

/** Where clients attach (protocol section 4). */
@WebSocketGateway({ path: '/v1/environments/:connectionId/status/ws' })
export class ClientGateway implements OnGatewayInit<PathServer<AdmittedClient>>, OnGatewayConnection<WebSocket> {
  private readonly log = new Logger(ClientGateway.name);

  constructor(
    private readonly admission: ClientAdmission,
    private readonly engine: Engine,
    private readonly metrics: RelayMetrics,
    private readonly options: RoutingOptions,
  ) {}

  afterInit(server: PathServer<AdmittedClient>): void {
    server.admit = (upgrade) => this.admission.admit(upgrade);
    server.prepare = (admitted, { request }) => this.engine.prepare({ kind: 'client', admitted }, request.socket);
    server.closingOf = (upgrade, refusal) => this.admission.closingOf(upgrade, refusal);
  }

  handleConnection(socket: WebSocket, request: IncomingMessage, admitted: AdmittedClient): void {
    const { environmentId, tokenId, address, channel } = admitted.attachment;
    const httpRequestId = arrivalOf(request).requestId;
    this.log.debug('A client was let in.', { environmentId, httpRequestId, tokenId, address, channel });
    const batchBytes = admitted.takesBatches ? this.options.batchBytes : 0;
    const observer = this.metrics.socket('client', channel);
    this.engine.client(new WsSocket(socket, observer, 'server', batchBytes), admitted);
  }
}
