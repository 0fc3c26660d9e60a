export { ConversationTab } from './conversation.tab.js';
