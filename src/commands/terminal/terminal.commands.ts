import { IsNotEmpty, IsString, MaxLength } from 'class-validator';
import { WholeNumber } from '../../config/index.js';
import type { Frame } from '../../protocol/index.js';
import { DeviceCommand } from '../device-command.decorator.js';
import type { DeviceCommandOf } from '../device-command.js';
import { IsOmittable } from '../omittable.decorator.js';
import { Terminals } from './terminals.js';

/** The system's own bound of a terminal's rows and columns. */
const MOST_CELLS = 65_535;
/** An id is repeated in every frame of its terminal. */
const LONGEST_ID = 512;
/** UTF-16 units typed, or pasted, at once. */
const LONGEST_INPUT = 262_144;

class TerminalDto {
  @IsString()
  @IsNotEmpty()
  @MaxLength(LONGEST_ID)
  terminal_id!: string;
}

class TerminalSizeDto extends TerminalDto {
  @WholeNumber({ min: 1, max: MOST_CELLS })
  cols!: number;

  @WholeNumber({ min: 1, max: MOST_CELLS })
  rows!: number;
}

export class TerminalSpawnDto extends TerminalSizeDto {
  /** Inside the workspace. Default: its root. */
  @IsOmittable()
  @IsString()
  @IsNotEmpty()
  cwd?: string;

  /** Runs instead of the shell that a person talks to; the terminal ends with it. Ours. */
  @IsOmittable()
  @IsString()
  @IsNotEmpty()
  command?: string;
}

export class TerminalInputDto extends TerminalDto {
  @IsString()
  @MaxLength(LONGEST_INPUT)
  data!: string;
}

export class TerminalResizeDto extends TerminalSizeDto {}

export class TerminalKillDto extends TerminalDto {}

/** Opens a terminal; `terminal_spawned`, `terminal_output` and at the end `terminal_exited` tell of it. */
@DeviceCommand('terminal_spawn', TerminalSpawnDto)
export class TerminalSpawnCommand implements DeviceCommandOf<TerminalSpawnDto> {
  constructor(private readonly terminals: Terminals) {}

  async handle({ terminal_id: id, cols, rows, cwd, command }: TerminalSpawnDto): Promise<object> {
    await this.terminals.spawn({ id, cols, rows, cwd, command });
    return {};
  }
}

/** Types into a terminal. Nobody is answered: its output says what was not typed, and why. */
@DeviceCommand('terminal_input', TerminalInputDto)
export class TerminalInputCommand implements DeviceCommandOf<TerminalInputDto> {
  constructor(private readonly terminals: Terminals) {}

  async handle({ terminal_id: id, data }: TerminalInputDto): Promise<object> {
    await this.terminals.use(id, (terminal) => terminal.write(data));
    return {};
  }

  async failed({ terminal_id: id }: Frame, why: string): Promise<void> {
    if (typeof id === 'string') await this.terminals.use(id, (terminal) => terminal.dropped(why));
  }
}

/** Tells a terminal how large its owner's is. */
@DeviceCommand('terminal_resize', TerminalResizeDto, { holdsRuntime: false })
export class TerminalResizeCommand implements DeviceCommandOf<TerminalResizeDto> {
  constructor(private readonly terminals: Terminals) {}

  async handle({ terminal_id: id, cols, rows }: TerminalResizeDto): Promise<object> {
    await this.terminals.use(id, (terminal) => terminal.resize(cols, rows));
    return {};
  }
}

/** Ends a terminal with everything that runs in it; `terminal_exited` follows its last output. */
@DeviceCommand('terminal_kill', TerminalKillDto, { holdsRuntime: false })
export class TerminalKillCommand implements DeviceCommandOf<TerminalKillDto> {
  constructor(private readonly terminals: Terminals) {}

  async handle({ terminal_id: id }: TerminalKillDto): Promise<object> {
    await this.terminals.use(id, (terminal) => void terminal.end());
    return {};
  }
}
