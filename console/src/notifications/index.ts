export { AttentionStatus } from './attention-status.js';
export { NotificationBell } from './notification-bell.js';
