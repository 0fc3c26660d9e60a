export { AccessWatch } from './stores/access-watch.js';
export { JetStreamHistoryOptions } from './history/history.options.js';
export { JetStreamAuditLog } from './stores/jetstream-audit.log.js';
export { KvEnvironmentRegistry } from './stores/kv-environment.registry.js';
export { KvTokenStore } from './stores/kv-token.store.js';
export { NatsConnection } from './connection/nats-connection.js';
export { NatsEngine } from './nats.engine.js';
export { openHistories } from './history/open-histories.js';
