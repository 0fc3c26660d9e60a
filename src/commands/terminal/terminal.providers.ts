import type { Provider } from '@nestjs/common';
import { CLOCK, optionsProvider } from '../../config/index.js';
import { openNodePty } from './node-pty.js';
import { OPEN_PTY } from './pty.js';
import {
  TerminalInputCommand,
  TerminalKillCommand,
  TerminalResizeCommand,
  TerminalSpawnCommand,
} from './terminal.commands.js';
import { TERMINAL_OPTIONS, TerminalOptions } from './terminal.options.js';
import { Terminals } from './terminals.js';

/** Terminals and their commands. They need `ProtocolEmitterService`, `LinkSupervisor`, `CLOCK`, `Workspace`, `Permissions` and the values behind `TERMINAL_OPTIONS`. */
export const terminalProviders: Provider[] = [
  optionsProvider(TerminalOptions, TERMINAL_OPTIONS),
  { provide: OPEN_PTY, inject: [CLOCK], useFactory: openNodePty },
  Terminals,
  TerminalSpawnCommand,
  TerminalInputCommand,
  TerminalResizeCommand,
  TerminalKillCommand,
];
