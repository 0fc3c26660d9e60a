import type { Provider } from '@nestjs/common';
import { optionsProvider } from '../config/index.js';
import { AgentRegistry } from './agent.registry.js';
import { ShellAgent } from './shell/shell.agent.js';
import { SHELL_OPTIONS, ShellOptions } from './shell/shell.options.js';

/**
 * The agents of the house and the registry that finds all agents. They need `permissionsProviders`, `DiscoveryModule`, `CLOCK` and the values
 * behind `SHELL_OPTIONS`.
 */
export const agentProviders: Provider[] = [optionsProvider(ShellOptions, SHELL_OPTIONS), AgentRegistry, ShellAgent];
