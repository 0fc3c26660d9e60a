export { NotificationBell } from './notification-bell.js';
export { useAttention } from './use-attention.js';
