import type { IPty } from '@lydell/node-pty';
import type { Clock, Timer } from '../../protocol/index.js';
import type { OpenPty, Pty } from './pty.js';

/** What `TERM` says that its owner's terminal understands. */
const TERM = 'xterm-256color';
/** How often a terminal that is not read looks whether its process has ended, in ms. */
const LOOK_EVERY_MS = 50;
/** What shells say of a process that a signal ended. */
const SIGNAL_EXIT = 128;

/** Opens pseudo-terminals of this machine. The binary is loaded with the first one: without it everything else works. */
export function openNodePty(clock: Clock): OpenPty {
  return async ({ file, args, cwd, env, cols, rows }) => {
    const { spawn } = await import('@lydell/node-pty');
    // Bytes: characters must not be cut where a read ends.
    return new NodePty(spawn(file, [...args], { name: TERM, cwd, env, cols, rows, encoding: null }), clock);
  };
}

class NodePty implements Pty {
  readonly pid: number;
  private looking: Timer | undefined;

  constructor(
    private readonly pty: IPty,
    private readonly clock: Clock,
  ) {
    this.pid = pty.pid;
  }

  write(text: string): void {
    this.pty.write(text);
  }

  resize(cols: number, rows: number): void {
    this.pty.resize(cols, rows);
  }

  pause(): void {
    this.pty.pause();
    this.look();
  }

  resume(): void {
    this.looking?.cancel();
    this.looking = undefined;
    this.pty.resume();
  }

  onData(listener: (chunk: Buffer) => void): void {
    // Declared as text, but without an encoding these are bytes.
    this.pty.onData((data: string | Buffer) => listener(typeof data === 'string' ? Buffer.from(data) : data));
  }

  onExit(listener: (exitCode: number) => void): void {
    this.pty.onExit(({ exitCode, signal }) => {
      this.looking?.cancel();
      listener(signal ? SIGNAL_EXIT + signal : exitCode);
    });
  }

  /** 200 ms after its process has ended node-pty closes a terminal, whether or not all of it was read. */
  private look(): void {
    this.looking?.cancel();
    this.looking = this.clock.after(LOOK_EVERY_MS, () => (isAlive(this.pid) ? this.look() : this.resume()));
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
