export { AccessService } from './access/access.service.js';
export { IsAddressOrNetwork } from './access/address-or-network.decorator.js';
export {
  isTrustworthyUrl,
  JWT_ALGORITHMS,
  JWT_CLAIMS,
  type JwtModuleOptions,
  JwtOptions,
  WANTS_TRUSTWORTHY_URL,
} from './access/jwt.options.js';
export { JWKS_FETCH, type JwksFetch } from './access/tokens/jwks.js';
export type { LimitName } from './access/limit-name.js';
export { LimitsOptions } from './access/limits.options.js';
export type { ClientAccess, Identity, Role, Scopes, TokenRole } from './access/identity.js';
export { LiveSockets, type AccessEnd, type HeldSocket, type Hold } from './access/live-sockets.js';
export { AuditLog, type AuditQuery } from './audit/audit.log.js';
export { AuditOptions } from './audit/audit.options.js';
export { assertSafeToListen, UnsafeListenError } from './access/safe-to-listen.js';
export { type OrganizationRecord, type TokenRecord, TokenStore } from './access/tokens/token-store.js';
export { MIN_TOKEN_LENGTH, parseTokensFile, TokensFileError } from './access/tokens-file.js';
export type { Environment, Lease, Voider } from './environments/environment.js';
export {
  EnvironmentRegistry,
  type LeaseStanding,
  type Registered,
  type Registration,
} from './environments/environment.registry.js';
export { EMBEDDED } from './engine/embedded.js';
export { IsEngine } from './engine/is-engine.decorator.js';
export { NatsOptions, PARTITIONS } from './engine/nats/connection/nats.options.js';
export { installRelay } from './install-relay.js';
export { RelayError } from './relay.error.js';
export type { RelayExtensions } from './relay.module-definition.js';
export { RelayModule } from './relay.module.js';
export { HistoryOptions, type RelayModuleOptions, RelayOptions } from './relay.options.js';
export type { ClientAttachment } from './routing/client-attachment.js';
export type { DeviceLink } from './routing/device-link.js';
export { RoutingOptions } from './routing/routing.options.js';
export { ROUTING_OBSERVER, type DropReason, type RoutingObserver } from './routing/routing-observer.js';
export { OPEN_HISTORY, type OpenHistory } from './routing/open-history.js';
export { RoutingService } from './routing/routing.service.js';
export { CertificateError } from './tls/certificate.error.js';
export { CertificateFiles } from './tls/certificate-files.js';
