import { Logger } from '@nestjs/common';
import { type OnGatewayConnection, type OnGatewayInit, WebSocketGateway } from '@nestjs/websockets';
import type { IncomingMessage } from 'node:http';
import type { WebSocket } from 'ws';
import { WsSocket } from '../../channel/index.js';
import { arrivalOf } from '../access/arrival.js';
import { addressOf } from '../access/client-address.js';
import { Engine } from '../engine/engine.js';
import type { Environment } from '../environments/environment.js';
import { DeviceAdmission, type AdmittedDevice } from './device.admission.js';
import { RelayMetrics } from '../metrics/relay.metrics.js';
import type { PathServer } from './path.server.js';

/** Where listeners connect (protocol section 2). */
@WebSocketGateway({ path: '/v1/environments/:connectionId/listener/ws' })
export class DeviceGateway implements OnGatewayInit<PathServer<AdmittedDevice>>, OnGatewayConnection<WebSocket> {
  private readonly log = new Logger(DeviceGateway.name);

  constructor(
    private readonly admission: DeviceAdmission,
    private readonly engine: Engine,
    private readonly metrics: RelayMetrics,
  ) {}

  afterInit(server: PathServer<AdmittedDevice>): void {
    // What devices said last, and what became of commands, is still told to clients.
    server.closesFirst = true;
    server.admit = (upgrade) => this.admission.admit(upgrade);
    server.prepare = (admitted, { request }) => this.engine.prepare({ kind: 'listener', admitted }, request.socket);
  }

  handleConnection(socket: WebSocket, request: IncomingMessage, admitted: AdmittedDevice): void {
    const { hello, standing } = admitted;
    const channel = hello.kind === 'legacy' ? undefined : hello.channel;
    this.log.debug('A listener was let in.', {
      ...(standing.state === 'unknown' ? {} : idsOf(standing.environment)),
      httpRequestId: arrivalOf(request).requestId,
      address: addressOf(request),
      channel,
    });
    this.engine.listener(new WsSocket(socket, this.metrics.socket('listener', channel), 'server'), admitted);
  }
}

function idsOf({ id, connectionId }: Environment): { environmentId: string; connectionId: string } {
  return { environmentId: id, connectionId };
}
