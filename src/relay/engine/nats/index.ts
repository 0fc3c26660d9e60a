export { AccessWatch } from './access-watch.js';
export { KvEnvironmentRegistry } from './kv-environment.registry.js';
export { KvTokenStore } from './kv-token.store.js';
export { NatsConnection } from './nats-connection.js';
export { NatsEngine } from './nats.engine.js';
export { OWN_HISTORIES } from './own-homes.js';
