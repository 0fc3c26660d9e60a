export { ConnectionTab } from './connection.tab.js';
