/** A process at a pseudo-terminal. */
export interface Pty {
  readonly pid: number;
  /** Bytes written that its program has not taken yet. */
  readonly waitingBytes: number;
  write(text: string): void;
  resize(cols: number, rows: number): void;
  /** Stops reading: once the system's own buffer is full the process waits. What it left is read nevertheless once it has ended. */
  pause(): void;
  resume(): void;
  onData(listener: (chunk: Buffer) => void): void;
  /** After the last of `onData`. */
  onExit(listener: (exitCode: number) => void): void;
}

export interface PtyRequest {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly cols: number;
  readonly rows: number;
}

/** Opens a terminal. @throws Error when this machine cannot */
export type OpenPty = (request: PtyRequest) => Promise<Pty>;

/** Injects what opens terminals. */
export const OPEN_PTY = Symbol('OPEN_PTY');
