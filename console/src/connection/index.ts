export { ConnectionStatus } from './connection-indicator.js';
