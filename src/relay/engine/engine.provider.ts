import type { FactoryProvider } from '@nestjs/common';
import { Presence } from '../environments/presence.js';
import { ClientSessions } from '../gateways/client.sessions.js';
import { DeviceSessions } from '../gateways/device.sessions.js';
import { RoutingService } from '../routing/routing.service.js';
import { EmbeddedEngine } from './embedded.engine.js';
import { Engine } from './engine.js';

export const engineProvider: FactoryProvider<Engine> = {
  provide: Engine,
  inject: [DeviceSessions, ClientSessions, RoutingService, Presence],
  useFactory: (devices: DeviceSessions, clients: ClientSessions, routing: RoutingService, presence: Presence) =>
    new EmbeddedEngine({ devices, clients, routing, presence }),
};
