import type { Provider } from '@nestjs/common';
import { optionsProvider } from '../config/index.js';
import { AcpAgent } from './acp/acp.agent.js';
import { ACP_OPTIONS, AcpOptions } from './acp/acp.options.js';
import { AgentRegistry } from './agent.registry.js';
import { ShellAgent } from './shell/shell.agent.js';
import { SHELL_OPTIONS, ShellOptions } from './shell/shell.options.js';

/**
 * The agents of the house and the registry that finds all agents. They need `permissionsProviders`, `DiscoveryModule`, `CLOCK`, `Workspace`
 * and the values behind `SHELL_OPTIONS` and `ACP_OPTIONS`.
 */
export const agentProviders: Provider[] = [
  optionsProvider(ShellOptions, SHELL_OPTIONS),
  optionsProvider(AcpOptions, ACP_OPTIONS),
  AgentRegistry,
  ShellAgent,
  AcpAgent,
];
