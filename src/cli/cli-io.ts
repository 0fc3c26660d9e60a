import type { Readable, Writable } from 'node:stream';
import type { Clock } from '../protocol/index.js';

/** What a command may touch of its process; tests bring their own. */
export interface CliIo {
  readonly stdin: Readable & { readonly isTTY?: boolean; setRawMode?(isRaw: boolean): unknown };
  /** A terminal says how large it is, and `resize` when that changes. */
  readonly stdout: Writable & { readonly isTTY?: boolean; readonly columns?: number; readonly rows?: number };
  readonly stderr: Writable & { readonly isTTY?: boolean };
  /** Environment variables, those of `.env` included. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Working directory. */
  readonly cwd: string;
  /** Default: this machine's. */
  readonly clock?: Clock;
  /**
   * Aborted by the first SIGINT or SIGTERM, which asks the command to come to an end; its reason is the signal's name. The
   * second one ends the process.
   */
  readonly interrupted: AbortSignal;
}
