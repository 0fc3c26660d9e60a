export { ACP_OPTIONS, AcpOptions, LONGEST_WAIT_MS } from './acp/acp.options.js';
export {
  type Agent,
  type AgentActivity,
  AgentModeError,
  type AgentTurn,
  type ToolQuestion,
  type TurnEnd,
  TurnEndedError,
} from './agent.js';
export { CommandLineError, splitCommandLine } from './acp/command-line.js';
export { AgentProvider } from './agent-provider.decorator.js';
export { agentProviders } from './agent.providers.js';
export { AgentError, AgentRegistry } from './agent.registry.js';
export { inputText } from './input-text.js';
export { SHELL_OPTIONS, ShellOptions } from './shell/shell.options.js';
