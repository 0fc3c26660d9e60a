import type { Provider } from '@nestjs/common';
import { optionsProvider } from '../config/index.js';
import { CommandDispatcher } from './command-dispatcher.js';
import { CommandExplorer } from './command.explorer.js';
import { CommandMetrics } from './command.metrics.js';
import { COMMANDS_OPTIONS, CommandsOptions } from './commands.options.js';
import { AppServerInfoCommand } from './device/app-server-info.command.js';
import { EditFileCommand } from './filesystem/edit-file.command.js';
import { FileWatches } from './filesystem/file-watches.js';
import { FileWriter } from './filesystem/file-writer.js';
import { GetTreeCommand } from './filesystem/get-tree.command.js';
import { ListInDirectoryCommand } from './filesystem/list-in-directory.command.js';
import { ReadFileCommand } from './filesystem/read-file.command.js';
import { UnwatchFileCommand, WatchFileCommand } from './filesystem/watch-file.commands.js';
import { WriteFileCommand } from './filesystem/write-file.command.js';
import { CheckoutBranchCommand } from './git/checkout-branch.command.js';
import { Git } from './git/git.js';
import { GitContexts } from './git/git-contexts.js';
import { SearchBranchesCommand } from './git/search-branches.command.js';
import { AbortMessageCommand } from './runtime/abort-message.command.js';
import { ChangeDeviceStateCommand } from './runtime/change-device-state.command.js';
import { ExecuteCommandCommand } from './runtime/execute-command.command.js';
import { InputCommand } from './runtime/input.command.js';
import { RemoveQueueItemCommand, ResumeQueueCommand } from './runtime/queue.commands.js';
import { RuntimeStartCommand } from './runtime/runtime-start.command.js';
import { SlashCommands } from './runtime/slash-commands.js';
import { SyncCommand } from './runtime/sync.command.js';
import { GrepInFilesCommand } from './search/grep-in-files.command.js';
import { Ripgrep } from './search/ripgrep.js';
import { SearchFilesCommand } from './search/search-files.command.js';

/**
 * The commands of the house and what dispatches all commands. They need `conversationProviders`, `permissionsProviders`, `DiscoveryModule`,
 * `MetricsModule`, `ProtocolEmitterService`, `LINK_MONITOR`, `CLOCK`, `Workspace` and the values behind `COMMANDS_OPTIONS`.
 */
export const commandProviders: Provider[] = [
  optionsProvider(CommandsOptions, COMMANDS_OPTIONS),
  CommandMetrics,
  CommandExplorer,
  CommandDispatcher,
  SlashCommands,
  FileWriter,
  FileWatches,
  Ripgrep,
  Git,
  GitContexts,
  RuntimeStartCommand,
  InputCommand,
  SyncCommand,
  AbortMessageCommand,
  RemoveQueueItemCommand,
  ResumeQueueCommand,
  ChangeDeviceStateCommand,
  ExecuteCommandCommand,
  AppServerInfoCommand,
  ListInDirectoryCommand,
  GetTreeCommand,
  ReadFileCommand,
  WriteFileCommand,
  EditFileCommand,
  WatchFileCommand,
  UnwatchFileCommand,
  SearchFilesCommand,
  GrepInFilesCommand,
  SearchBranchesCommand,
  CheckoutBranchCommand,
];
