import { IsNotEmpty, IsString } from 'class-validator';
import { Milliseconds } from '../../config/index.js';
import { DeltaLengthOptions } from '../delta-length.options.js';

export const SHELL_OPTIONS = Symbol('SHELL_OPTIONS');

/** Limits of the shell agent; as much as a delta holds is collected before the pipes pause. */
export class ShellOptions extends DeltaLengthOptions {
  /** The shell; called with `-c` and the text of the input. Default: `/bin/sh`. */
  @IsString()
  @IsNotEmpty()
  shell = '/bin/sh';

  /** Milliseconds between SIGTERM and SIGKILL to the process group of an aborted turn. Default: 2,000. */
  @Milliseconds({ min: 0, max: 600_000 })
  killGraceMs = 2_000;

  /** Milliseconds for which output is collected into one delta. Default: 10. */
  @Milliseconds({ min: 0, max: 1_000 })
  outputDelayMs = 10;
}
