import type { FactoryProvider } from '@nestjs/common';
import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { CLOCK } from '../../config/index.js';
import { Readiness } from '../../observability/index.js';
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
import { SHARED_HISTORIES, type SharedHistoriesPart } from './shared-histories.js';
import { SHARED_PARTS, type SharedParts } from './shared-parts.js';

const INCARNATION_BYTES = 6;

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
    { connection, metrics, nodeName }: Partial<SharedParts>,
    shared: Partial<SharedHistoriesPart>,
    audit: AuditLog,
    changed: ChangedEnvironments,
    superseded: SupersededListeners,
    readiness: Readiness,
  ) => {
    const id = randomBytes(INCARNATION_BYTES).toString('hex');
    const startedAt = clock.now();
    const name = nodeName ?? options.nodeName ?? hostname();
    const describe = () => ({ id, name, startedAt, sockets: live.count });
    const here = new EmbeddedEngine({ devices, clients, routing, presence, clock, describe });
    const { histories } = shared;
    if (!connection || !metrics || !histories) return here;
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
    const engine = await NatsEngine.open({
      here,
      connection,
      histories,
      changed,
      superseded,
      clock,
      observer: metrics,
      options: { nodeTtlMs, homeWaitMs, homeIdleMs, offlineAfterMs, drainBatch, drainEveryMs, drainGraceMs },
      self: id,
      describe,
      close: async () => {
        await access.end();
        await histories.close();
        await audit.close();
        await connection.close();
      },
    });
    metrics.show(engine);
    // Sockets stay, and what needs no other node works on: it is said, and is no reason to send traffic elsewhere.
    readiness.addCheck('nats', () => connection.state);
    shared.fenced = (environmentId) => engine.lost(environmentId);
    return engine;
  },
};
