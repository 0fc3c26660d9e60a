import { IsInt, IsNotEmpty, IsString, Max, Min } from 'class-validator';

export const SHELL_OPTIONS = Symbol('SHELL_OPTIONS');

/** Limits of the shell agent. */
export class ShellOptions {
  /** The shell; called with `-c` and the text of the input. Default: `/bin/sh`. */
  @IsString()
  @IsNotEmpty()
  shell = '/bin/sh';

  /** Milliseconds between SIGTERM and SIGKILL to the process group of an aborted turn. Default: 2,000. */
  @IsInt()
  @Min(0)
  @Max(600_000)
  killGraceMs = 2_000;

  /** Milliseconds for which output is collected into one delta. Default: 10. */
  @IsInt()
  @Min(0)
  @Max(1_000)
  outputDelayMs = 10;

  /** UTF-16 units of output in one delta; as much is collected before the pipes pause. Default: 16,384. */
  @IsInt()
  @Min(256)
  @Max(1_048_576)
  maxDeltaLength = 16_384;
}
