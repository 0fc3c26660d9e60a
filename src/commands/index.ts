export { CommandDispatcher } from './command-dispatcher.js';
export { CommandError } from './command.error.js';
export { CommandExplorer } from './command.explorer.js';
export { commandProviders } from './command.providers.js';
export { COMMANDS_OPTIONS, CommandsOptions } from './commands.options.js';
export type { CommandContext, DeviceCommandOf } from './device-command.js';
export { DeviceCommand, type DeviceCommandOptions } from './device-command.decorator.js';
export { type SlashCommand, SlashCommands } from './runtime/slash-commands.js';
