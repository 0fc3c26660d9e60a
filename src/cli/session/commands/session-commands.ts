import { agentModeCommand } from './agent-mode.command.js';
import { branchCommand } from './branch.command.js';
import { catCommand } from './cat.command.js';
import { filesCommand } from './files.command.js';
import { findCommand } from './find.command.js';
import { grepCommand } from './grep.command.js';
import { helpCommand } from './help.command.js';
import { exitCommand, quitCommand } from './leave.commands.js';
import { modeCommand } from './mode.command.js';
import { queueCommand } from './queue.command.js';
import type { SessionCommand } from './session-command.js';
import { termCommand } from './term.command.js';

/** Every command of a session, in the order of `/help`. To add one, write its file and name it here. */
export const SESSION_COMMANDS: readonly SessionCommand[] = [
  helpCommand,
  modeCommand,
  agentModeCommand,
  queueCommand,
  filesCommand,
  findCommand,
  grepCommand,
  catCommand,
  branchCommand,
  termCommand,
  exitCommand,
  quitCommand,
];
