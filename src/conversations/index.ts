export { BoundedMap } from './bounded-map.js';
export type { Conversation } from './conversation.js';
export { ConversationError } from './conversation.error.js';
export { conversationProviders } from './conversation.providers.js';
export { CONVERSATIONS_OPTIONS, ConversationsOptions } from './conversations.options.js';
export { ConversationsService } from './conversations.service.js';
export {
  type ConversationSettings,
  INPUT_LEDGER,
  type InputAnswer,
  type InputLedger,
  type TurnName,
  type UnfinishedInput,
} from './input-ledger.js';
export type { AcceptedInput } from './input-queue.js';
