/**
 * The public face of Twinlane for programs that import it.
 *
 * @packageDocumentation
 */
export * from './agents/index.js';
export * from './commands/index.js';
export type { Extension } from './config/index.js';
export { CLOCK, SendWindowOptions } from './config/index.js';
export * from './conversations/index.js';
export * from './emitter/index.js';
export { DirectoryLockedError, type Journal, lockDirectory } from './journal/index.js';
export * from './listener/index.js';
export { HealthModule, Metrics, MetricsModule, Readiness } from './observability/index.js';
export * from './permissions/index.js';
export * from './protocol/index.js';
export * from './registration/index.js';
export {
  AccessService,
  assertSafeToListen,
  AuditLog,
  AuditOptions,
  CertificateError,
  CertificateFiles,
  EnvironmentRegistry,
  HistoryOptions,
  type HeldSocket,
  type Hold,
  type Identity,
  installRelay,
  JWKS_FETCH,
  type JwksFetch,
  JwtOptions,
  LimitsOptions,
  LiveSockets,
  OPEN_HISTORY,
  type OpenHistory,
  type OrganizationRecord,
  RelayError,
  type RelayExtensions,
  RelayModule,
  type RelayModuleOptions,
  RelayOptions,
  ROUTING_OBSERVER,
  type RoutingObserver,
  RoutingOptions,
  RoutingService,
  type TokenRecord,
  TokenStore,
} from './relay/index.js';
export * from './transport/index.js';
export { DEFAULT_DENY, PathDeniedError, PathRefusedError, Workspace } from './workspace/index.js';
