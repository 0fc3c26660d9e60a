import { Module } from '@nestjs/common';
import { ACP_OPTIONS, agentProviders, AgentRegistry, SHELL_OPTIONS } from '../agents/index.js';
import {
  commandProviders,
  CommandDispatcher,
  COMMANDS_OPTIONS,
  SlashCommands,
  TERMINAL_OPTIONS,
  terminalProviders,
} from '../commands/index.js';
import { CLOCK } from '../config/index.js';
import { conversationProviders, CONVERSATIONS_OPTIONS, ConversationsService } from '../conversations/index.js';
import { Permissions, PERMISSIONS_OPTIONS, permissionsProviders } from '../permissions/index.js';
import { SYSTEM_CLOCK } from '../protocol/index.js';
import { ListenerLifecycle } from './listener.lifecycle.js';
import { ConfigurableModuleClass } from './listener.module-definition.js';
import { ListenerMetrics } from './listener.metrics.js';
import { ListenerOptions } from './listener.options.js';

/**
 * The device role, composed: registers, connects, dispatches commands, runs turns. Commands and agents of your own
 * stand in a module beside it.
 *
 * @publicApi
 */
@Module({
  providers: [
    { provide: CLOCK, useValue: SYSTEM_CLOCK },
    {
      provide: CONVERSATIONS_OPTIONS,
      inject: [ListenerOptions],
      useFactory: ({ connectionName, dataDir, agent, conversations }: ListenerOptions) => ({
        connectionName,
        dataDir,
        agent,
        ...conversations,
      }),
    },
    {
      provide: PERMISSIONS_OPTIONS,
      inject: [ListenerOptions],
      useFactory: ({ mode, permissions }: ListenerOptions) => ({ mode, ...permissions }),
    },
    {
      provide: ACP_OPTIONS,
      inject: [ListenerOptions],
      useFactory: ({ dataDir, acp }: ListenerOptions) => ({ dataDir, ...acp }),
    },
    { provide: SHELL_OPTIONS, inject: [ListenerOptions], useFactory: ({ shell = {} }: ListenerOptions) => shell },
    {
      provide: COMMANDS_OPTIONS,
      inject: [ListenerOptions],
      useFactory: ({ commands = {} }: ListenerOptions) => commands,
    },
    {
      provide: TERMINAL_OPTIONS,
      inject: [ListenerOptions],
      useFactory: ({ terminal = {} }: ListenerOptions) => terminal,
    },
    ...permissionsProviders,
    ...agentProviders,
    ...conversationProviders,
    ...commandProviders,
    ...terminalProviders,
    ListenerMetrics,
    ListenerLifecycle,
  ],
  exports: [AgentRegistry, ConversationsService, Permissions, CommandDispatcher, SlashCommands],
})
export class ListenerModule extends ConfigurableModuleClass {}
