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

  private failedFor(environmentId: string) {
    return (error: unknown): void => this.log.error(error, { environmentId });
  }

  /** Takes over a socket whose upgrade was let in. Never throws. */
  open(bare: ChannelSocket, admitted: AdmittedClient): void {
    const socket = new GuardedSocket(bare, this.failedFor(admitted.environmentId));
    socket.guard(() => this.routing.attach({ ...admitted, socket }));
  }
}
