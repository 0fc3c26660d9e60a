import type { FactoryProvider } from '@nestjs/common';
import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { CLOCK } from '../../config/index.js';
import { Metrics } from '../../observability/index.js';
import type { Clock } from '../../protocol/index.js';
import type { TokenStore } from '../access/tokens/token-store.js';
import type { AuditLog } from '../audit/audit.log.js';
import type { AuditLogObserver } from '../audit/audit-writer.js';
import type { EnvironmentRegistry } from '../environments/environment.registry.js';
import { RelayOptions } from '../relay.options.js';
import { EMBEDDED } from './embedded.js';
import { EngineMetrics } from './engine.metrics.js';
import type { NatsConnection } from './nats/connection/nats-connection.js';

/** What the nodes of one relay share; whatever is missing each node has for itself. */
export interface SharedParts {
  readonly connection: NatsConnection;
  readonly metrics: EngineMetrics;
  readonly nodeName: string;
  readonly registry: EnvironmentRegistry;
  readonly tokens: TokenStore;
  /** @param observer told of what cannot be written */
  openAudit(observer: AuditLogObserver): Promise<AuditLog>;
}

/** Injects `Partial<SharedParts>`: nothing where the relay is one process. */
export const SHARED_PARTS = Symbol('SHARED_PARTS');

const SUFFIX_BYTES = 2;

/** NATS is loaded by those who use it. */
export const sharedPartsProvider: FactoryProvider<Partial<SharedParts>> = {
  provide: SHARED_PARTS,
  inject: [RelayOptions, CLOCK, Metrics],
  useFactory: async ({ engine, nodeName: wanted, nats, audit }: RelayOptions, clock: Clock, metrics: Metrics) => {
    if (engine === EMBEDDED) return {};
    const { JetStreamAuditLog, KvEnvironmentRegistry, KvTokenStore, NatsConnection } = await import('./nats/index.js');
    const nodeName = wanted ?? `${hostname()}-${randomBytes(SUFFIX_BYTES).toString('hex')}`;
    const connection = await NatsConnection.open({ engine, nodeName, options: nats }, clock);
    return {
      connection,
      metrics: new EngineMetrics(metrics),
      nodeName,
      registry: await KvEnvironmentRegistry.open(connection, clock),
      tokens: await KvTokenStore.open(connection),
      openAudit: (observer) => JetStreamAuditLog.open(connection, nodeName, audit, clock, observer),
    };
  },
};
