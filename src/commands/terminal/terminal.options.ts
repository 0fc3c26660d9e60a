import { IsNotEmpty, IsOptional, IsString } from 'class-validator';
import { Bytes, Milliseconds, WholeNumber } from '../../config/index.js';

export const TERMINAL_OPTIONS = Symbol('TERMINAL_OPTIONS');

/** Limits of terminals. Times in ms, sizes in bytes of UTF-8. */
export class TerminalOptions {
  /** What runs in a terminal. Default: `SHELL` of the listener's environment, else `/bin/sh`. */
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  shell?: string;

  /** Terminals of one client, those included whose last output it has not read yet. Default: 16. */
  @WholeNumber({ min: 1 })
  maxPerClient: number = 16;

  /** How long a terminal lives on without a link, and how long its last output is kept for its owner. Default: 10 min. */
  @Milliseconds({ min: 0 })
  graceMs: number = 10 * 60_000;

  /** Output that its owner has not read, beyond which the terminal is not read either, so that its program waits. Default: 256 KiB. */
  @Bytes()
  unreadBytes: number = 256 * 1024;

  /** Input that the program of a terminal has not read, beyond which more of it is dropped, and its owner told. Default: 1 MiB. */
  @Bytes()
  waitingInputBytes: number = 1024 * 1024;

  /** How long output is collected before it is sent. Default: 16 ms. */
  @Milliseconds({ min: 0, max: 1_000 })
  batchMs: number = 16;

  /** Output that is not collected any longer. Default: 64 KiB. */
  @Bytes()
  batchBytes: number = 64 * 1024;

  /** Output in one frame, so that a terminal takes turns with what else is sent. Default: 16 KiB. */
  @Bytes({ min: 16 })
  frameBytes: number = 16 * 1024;

  /** Between SIGHUP and SIGKILL to the processes of a terminal that ends. Default: 2 s. */
  @Milliseconds({ min: 0, max: 600_000 })
  killGraceMs: number = 2_000;
}
