import type { IPty } from '@lydell/node-pty';
import type { Clock } from '../../protocol/index.js';
import { EndMark } from './end-mark.js';
import type { OpenPty, Pty } from './pty.js';
import { PtyInput } from './pty-input.js';

/** What `TERM` says that its owner's terminal understands. */
const TERM = 'xterm-256color';
/** How shells tell that a signal ended a process: its number beyond this. */
const SIGNAL_EXIT = 128;

/** Opens pseudo-terminals of this machine. The binary is loaded with the first one: without it everything else works. */
export function openNodePty(clock: Clock): OpenPty {
  return async ({ file, args, cwd, env, cols, rows }) => {
    const { spawn } = await import('@lydell/node-pty');
    // Bytes: characters must not be cut where a read ends.
    const pty = spawn(file, [...args], { name: TERM, cwd, env, cols, rows, encoding: null });
    try {
      return new NodePty(pty, clock);
    } catch (error) {
      // Nobody would know of its process.
      pty.kill('SIGKILL');
      throw error;
    }
  };
}

/** The part of node-pty's socket that is needed to keep it open until everything was read. */
interface PtySocket {
  destroy(error?: Error): unknown;
}

/**
 * node-pty closes a terminal 200 ms after its process has ended, whether or not all of it was read, and libuv takes a hang-up
 * for the end of what there is to read, though more may wait. So the other side of the terminal is kept open here, an end mark
 * is written to it once the process has ended, and what comes before that mark is read first.
 */
class NodePty implements Pty {
  readonly pid: number;
  private readonly input: PtyInput;
  private readonly mark: EndMark | undefined;
  private listener: (chunk: Buffer) => void = () => {};

  constructor(
    private readonly pty: IPty,
    clock: Clock,
  ) {
    this.pid = pty.pid;
    const fd: unknown = Reflect.get(pty, 'fd');
    if (typeof fd !== 'number')
      throw new Error('This version of node-pty does not tell its file; install the one of the package-lock.');
    this.input = new PtyInput(fd, clock);
    const name: unknown = Reflect.get(pty, 'ptsName');
    const socket = Reflect.get(pty, '_socket') as PtySocket | undefined;
    if (typeof name === 'string' && socket) this.mark = this.readBeforeClose(socket, name, clock);
    // Declared as text, but without an encoding these are bytes.
    pty.onData((data: string | Buffer) => {
      const chunk = typeof data === 'string' ? Buffer.from(data) : data;
      this.listener(this.mark ? this.mark.before(chunk) : chunk);
    });
  }

  get waitingBytes(): number {
    return this.input.waitingBytes;
  }

  write(text: string): void {
    this.input.write(text);
  }

  resize(cols: number, rows: number): void {
    this.pty.resize(cols, rows);
  }

  pause(): void {
    this.pty.pause();
  }

  resume(): void {
    this.pty.resume();
  }

  onData(listener: (chunk: Buffer) => void): void {
    this.listener = listener;
  }

  onExit(listener: (exitCode: number) => void): void {
    this.pty.onExit(({ exitCode, signal }) => {
      if (this.mark) this.listener(this.mark.rest());
      listener(signal ? SIGNAL_EXIT + signal : exitCode);
    });
  }

  private readBeforeClose(socket: PtySocket, name: string, clock: Clock): EndMark {
    const mark = new EndMark(name, clock);
    const destroy = socket.destroy.bind(socket);
    socket.destroy = (error) => {
      mark.write(() => this.input.close(() => destroy(error)));
      this.pty.resume();
      return socket;
    };
    return mark;
  }
}
