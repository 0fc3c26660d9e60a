import { Module, type FactoryProvider } from '@nestjs/common';
import { CLOCK, optionsProvider, validateOptions } from '../config/index.js';
import { HealthModule, MetricsModule } from '../observability/index.js';
import { SYSTEM_CLOCK, type Clock } from '../protocol/index.js';
import { AccessGuard } from './access/access.guard.js';
import { AccessLimits } from './access/access-limits.js';
import { CommandRates } from './access/command-rates.js';
import { AccessService } from './access/access.service.js';
import { LiveSockets } from './access/live-sockets.js';
import { TokenRenewals } from './access/token-renewals.js';
import { TokenAccessService } from './access/token-access.service.js';
import { ApiDocumentsController } from './api/api-documents.controller.js';
import { JWKS_FETCH } from './access/tokens/jwks.js';
import { tokenStoreProvider } from './access/tokens/token-store.provider.js';
import { TokenStore } from './access/tokens/token-store.js';
import { EnvironmentsAdministration } from './administration/environments-administration.js';
import { EnvironmentsAdministrationController } from './administration/environments-administration.controller.js';
import { OrganizationsController } from './administration/organizations.controller.js';
import { OrganizationsService } from './administration/organizations.service.js';
import { Revocation } from './administration/revocation.js';
import { SessionController } from './access/session.controller.js';
import { TokensController } from './administration/tokens.controller.js';
import { TokensService } from './administration/tokens.service.js';
import { Audit } from './audit/audit.js';
import { AuditController } from './audit/audit.controller.js';
import { auditLogProvider } from './audit/audit-log.provider.js';
import { AuditLog } from './audit/audit.log.js';
import { environmentRegistryProvider } from './environments/environment-registry.provider.js';
import { EnvironmentRegistry } from './environments/environment.registry.js';
import { engineProvider } from './engine/engine.provider.js';
import { openHistoryProvider, sharedHistoriesProvider } from './engine/shared-histories.js';
import { sharedPartsProvider } from './engine/shared-parts.js';
import { EnvironmentsController } from './environments/environments.controller.js';
import { EnvironmentsService } from './environments/environments.service.js';
import { ChangedEnvironments } from './environments/changed-environments.js';
import { EnvironmentChangesController } from './environments/environment-changes.controller.js';
import { Presence } from './environments/presence.js';
import { StockProbeController } from './environments/stock-probe.controller.js';
import { SupersededListeners } from './environments/superseded-listeners.js';
import { ClientAdmission } from './gateways/client.admission.js';
import { ClientGateway } from './gateways/client.gateway.js';
import { ClientSessions } from './gateways/client.sessions.js';
import { DeviceAdmission } from './gateways/device.admission.js';
import { DeviceGateway } from './gateways/device.gateway.js';
import { DeviceSessions } from './gateways/device.sessions.js';
import { DrainDelay } from './gateways/drain-delay.js';
import { RelayWebSocketAdapter } from './gateways/relay-websocket.adapter.js';
import { HistoryMetrics } from './metrics/history.metrics.js';
import { MetricsController } from './metrics/metrics.controller.js';
import { RelayMetrics } from './metrics/relay.metrics.js';
import { ScrapeGuard } from './metrics/scrape.guard.js';
import { LimitsController } from './operations/limits.controller.js';
import { LogLevelsController } from './operations/log-levels.controller.js';
import { NodesController } from './operations/nodes.controller.js';
import { RelayErrorFilter } from './relay-error.filter.js';
import { ConfigurableModuleClass, RELAY_OPTIONS } from './relay.module-definition.js';
import { RelayOptions } from './relay.options.js';
import { localHistoryProvider } from './routing/local-history.provider.js';
import { RoutingOptions } from './routing/routing.options.js';
import { ROUTING_AUDIT } from './routing/routing-audit.js';
import { ROUTING_OBSERVER } from './routing/routing-observer.js';
import { RoutingService } from './routing/routing.service.js';

const routingOptionsProvider: FactoryProvider<RoutingOptions> = {
  provide: RoutingOptions,
  inject: [RelayOptions],
  useFactory: ({ history, ...options }: RelayOptions) => {
    const { clientChannels, maxFrameBytes, maxAnswerBytes, limits, window } = options;
    const { maxEventsPerRuntime, maxBytesPerRuntime, maxBytes } = history;
    return validateOptions(RoutingOptions, {
      clientChannels,
      maxFrameBytes,
      maxAnswerBytes,
      limits,
      window,
      maxEventsPerRuntime,
      maxBytesPerRuntime,
      maxHistoryBytes: maxBytes,
    });
  },
};

const commandRatesProvider: FactoryProvider<CommandRates> = {
  provide: CommandRates,
  inject: [CLOCK, RelayOptions],
  useFactory: (clock: Clock, { limits }: RelayOptions) => new CommandRates(clock, limits),
};

/**
 * The relay: REST, the sockets of listeners and clients, and what goes between them. Install it with `installRelay`.
 * Parts are replaced through `extend.relay.providers`, by the tokens that this room exports.
 *
 * @publicApi
 */
@Module({
  imports: [HealthModule, MetricsModule],
  controllers: [
    EnvironmentsController,
    EnvironmentChangesController,
    EnvironmentsAdministrationController,
    TokensController,
    SessionController,
    OrganizationsController,
    AuditController,
    StockProbeController,
    MetricsController,
    LimitsController,
    NodesController,
    LogLevelsController,
    ApiDocumentsController,
  ],
  providers: [
    optionsProvider(RelayOptions, RELAY_OPTIONS),
    routingOptionsProvider,
    { provide: CLOCK, useValue: SYSTEM_CLOCK },
    { provide: AccessService, useClass: TokenAccessService },
    { provide: JWKS_FETCH, useValue: globalThis.fetch },
    sharedPartsProvider,
    tokenStoreProvider,
    LiveSockets,
    TokenRenewals,
    environmentRegistryProvider,
    RelayMetrics,
    { provide: ROUTING_OBSERVER, useExisting: RelayMetrics },
    auditLogProvider,
    Audit,
    { provide: ROUTING_AUDIT, useExisting: Audit },
    localHistoryProvider,
    sharedHistoriesProvider,
    openHistoryProvider,
    HistoryMetrics,
    ScrapeGuard,
    AccessGuard,
    commandRatesProvider,
    AccessLimits,
    ChangedEnvironments,
    Presence,
    SupersededListeners,
    EnvironmentsService,
    engineProvider,
    RoutingService,
    DeviceAdmission,
    DeviceSessions,
    DeviceGateway,
    ClientAdmission,
    ClientSessions,
    ClientGateway,
    Revocation,
    EnvironmentsAdministration,
    TokensService,
    OrganizationsService,
    DrainDelay,
    RelayWebSocketAdapter,
    RelayErrorFilter,
  ],
  exports: [
    RelayOptions,
    AccessService,
    TokenStore,
    LiveSockets,
    AuditLog,
    EnvironmentRegistry,
    RoutingService,
    ROUTING_OBSERVER,
    CLOCK,
    MetricsModule,
  ],
})
export class RelayModule extends ConfigurableModuleClass {}
