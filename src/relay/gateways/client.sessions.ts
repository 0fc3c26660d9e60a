import { Injectable, Logger } from '@nestjs/common';
import type { ChannelSocket } from '../../channel/index.js';
import { RoutingService } from '../routing/routing.service.js';
import type { AdmittedClient } from './client.admission.js';
import { GuardedSocket } from './guarded-socket.js';

/** Hands clients' sockets over to routing. */
@Injectable()
export class ClientSessions {
  private readonly log = new Logger(ClientSessions.name);

  constructor(private readonly routing: RoutingService) {}

  /** Takes over a socket whose upgrade was let in. Never throws. */
  open(bare: ChannelSocket, admitted: AdmittedClient): void {
    const { environmentId } = admitted;
    const socket = new GuardedSocket(bare, (error) => this.log.error(error, { environmentId }));
    socket.guard(() => this.routing.attach({ ...admitted, socket }));
  }
}
