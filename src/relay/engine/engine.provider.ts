import type { FactoryProvider } from '@nestjs/common';
import { hostname } from 'node:os';
import { CLOCK } from '../../config/index.js';
import { Metrics, Readiness } from '../../observability/index.js';
import type { Clock } from '../../protocol/index.js';
import { LiveSockets } from '../access/live-sockets.js';
import { Revocation } from '../administration/revocation.js';
import { AuditLog } from '../audit/audit.log.js';
import { ChangedEnvironments } from '../environments/changed-environments.js';
import { Presence } from '../environments/presence.js';
import { SupersededListeners } from '../environments/superseded-listeners.js';
import { ClientSessions } from '../gateways/client.sessions.js';
import { DeviceSessions } from '../gateways/device.sessions.js';
import { RelayOptions } from '../relay.options.js';
import { RoutingService } from '../routing/routing.service.js';
import { EmbeddedEngine } from './embedded.engine.js';
import { Engine } from './engine.js';
import { EngineMetrics } from './engine.metrics.js';
import { SHARED_HISTORIES, type SharedHistoriesPart } from './shared-histories.js';
import { SHARED_PARTS, type SharedParts } from './shared-parts.js';

/** As `TWINLANE_ENGINE` has it; NATS is loaded where it is used. */
export const engineProvider: FactoryProvider<Engine> = {
  provide: Engine,
  inject: [
    DeviceSessions,
    ClientSessions,
    RoutingService,
    Presence,
    LiveSockets,
    Revocation,
    RelayOptions,
    CLOCK,
    Metrics,
    SHARED_PARTS,
    SHARED_HISTORIES,
    AuditLog,
    ChangedEnvironments,
    SupersededListeners,
    Readiness,
  ],
  useFactory: async (
    devices: DeviceSessions,
    clients: ClientSessions,
    routing: RoutingService,
    presence: Presence,
    live: LiveSockets,
    revocation: Revocation,
    options: RelayOptions,
    clock: Clock,
    metrics: Metrics,
    { connection, self, nodeName }: Partial<SharedParts>,
    shared: Partial<SharedHistoriesPart>,
    audit: AuditLog,
    changed: ChangedEnvironments,
    superseded: SupersededListeners,
    readiness: Readiness,
  ) => {
    const startedAt = clock.now();
    const name = nodeName ?? options.nodeName ?? hostname();
    const describe = () => ({ name, startedAt, sockets: live.count });
    const here = new EmbeddedEngine({ devices, clients, routing, presence, clock, describe });
    const { histories } = shared;
    if (!connection || !histories || self === undefined) return here;
    const { AccessWatch, NatsEngine } = await import('./nats/index.js');
    const access = new AccessWatch(
      connection,
      {
        tokenRevoked: (tokenId) => revocation.of([tokenId]),
        organizationDeleted: (id) => revocation.ofOrganization(id, []),
      },
      clock,
    );
    await access.begin();
    const { nodeTtlMs, homeWaitMs, homeIdleMs } = options.nats;
    const { offlineAfterMs, drainBatch, drainEveryMs, drainGraceMs } = options;
    const engineMetrics = new EngineMetrics(metrics);
    const engine = await NatsEngine.open({
      here,
      connection,
      histories,
      changed,
      superseded,
      clock,
      observer: engineMetrics,
      options: { nodeTtlMs, homeWaitMs, homeIdleMs, offlineAfterMs, drainBatch, drainEveryMs, drainGraceMs },
      self,
      describe,
      close: async () => {
        await access.end();
        await histories.close();
        await audit.close();
        await connection.close();
      },
    });
    engineMetrics.show(metrics, engine);
    // Sockets stay, and what needs no other node works on: it is said, and is no reason to send traffic elsewhere.
    readiness.addCheck('nats', () => connection.state);
    shared.fenced = (environmentId) => engine.lost(environmentId);
    return engine;
  },
};
