import type { Provider } from '@nestjs/common';
import { optionsProvider } from '../config/index.js';
import { CONVERSATIONS_OPTIONS, ConversationsOptions } from './conversations.options.js';
import { inputLedgerProvider } from './input-ledger.provider.js';
import { ConversationsService } from './conversations.service.js';

/**
 * The conversations. They need `agentProviders`, `permissionsProviders`, `ProtocolEmitterService`, `JOURNAL`, `LINK_MONITOR`, `CLOCK`, `Workspace` and the
 * values behind `CONVERSATIONS_OPTIONS`.
 */
export const conversationProviders: Provider[] = [
  optionsProvider(ConversationsOptions, CONVERSATIONS_OPTIONS),
  inputLedgerProvider,
  ConversationsService,
];
