export { AccessWatch } from './access-watch.js';
export { JetStreamHistoryOptions } from './history/history.options.js';
export { JetStreamAuditLog } from './jetstream-audit.log.js';
export { KvEnvironmentRegistry } from './kv-environment.registry.js';
export { KvTokenStore } from './kv-token.store.js';
export { NatsConnection } from './nats-connection.js';
export { NatsEngine } from './nats.engine.js';
export { openHistories } from './open-histories.js';
