import { createHmac, randomBytes } from 'node:crypto';
import { encodeFrame, type Clock, type Frame, SparseMap } from '../../protocol/index.js';
import { without } from './frame-text.js';
import type { RoutingObserver } from './routing-observer.js';

/** Bytes of the secret under which owners are hashed; one per relay process. */
const SECRET_BYTES = 32;
/** Hex digits of the keyed hash in a rewritten id: 128 bits. */
const OWNER_DIGITS = 32;

export interface TerminalLimits {
  readonly terminalKeptBytes: number;
  readonly terminalLingerMs: number;
  readonly maxTerminalsPerClient: number;
}

/** Whoever spawned a terminal. */
export interface TerminalOwner {
  /** Names the client over reconnects; never shown to a device as it is. */
  readonly key: string;
  /** @returns false when the owner is away; `undelivered` is called when a socket took the frame and died with it */
  show(text: string, undelivered: () => void): boolean;
}

interface Terminal {
  readonly id: string;
  /** The id its owner gave it. */
  readonly ownId: string;
  readonly owner: TerminalOwner;
  /** For an owner who is away. */
  readonly kept: Frame[];
  keptBytes: number;
  missing: number;
  exited: boolean;
}

/** Terminals and whose they are: their ids are rewritten, so that no client can name another one's (protocol section 4). */
export class Terminals {
  private secret: Buffer | undefined;
  private readonly terminals = new SparseMap<string, Terminal>();

  constructor(
    private readonly clock: Clock,
    private readonly limits: TerminalLimits,
    private readonly observer: RoutingObserver,
  ) {}

  /** A client's command with the terminal's id as the device knows it; undefined when the client has too many. */
  rewrite(owner: TerminalOwner, command: Frame): Frame | undefined {
    const ownId = String(command['terminal_id']);
    const id = this.idOf(owner, ownId);
    if (command.type === 'terminal_spawn' && !this.spawn(owner, ownId, id)) return undefined;
    return { ...command, terminal_id: id };
  }

  /** A device's frame about a terminal. @returns false when nobody here owns it */
  take(frame: Frame): boolean {
    const terminal = this.terminals.get(String(frame['terminal_id']));
    if (!terminal) return false;
    this.show(terminal, { ...without(frame, 'seq'), terminal_id: terminal.ownId });
    if (frame.type === 'terminal_exited') this.exited(terminal);
    return true;
  }

  isOwner(owner: TerminalOwner): boolean {
    return this.of(owner).length > 0;
  }

  /** The owner is back: shows what was kept, and says what was not. */
  back(owner: TerminalOwner): void {
    for (const terminal of this.of(owner)) {
      const { missing } = terminal;
      const kept = terminal.kept.splice(0);
      terminal.missing = 0;
      terminal.keptBytes = 0;
      if (missing > 0) this.show(terminal, missingOutput(terminal.ownId, missing));
      for (const frame of kept) this.show(terminal, frame);
    }
  }

  /** The owner will not come back. @returns the commands that end its terminals */
  leave(owner: TerminalOwner): Frame[] {
    const left = this.of(owner);
    for (const { id } of left) this.terminals.delete(id);
    return left.filter(({ exited }) => !exited).map(({ id }) => ({ type: 'terminal_kill', terminal_id: id }));
  }

  /** The device has none of them any more. */
  lost(reason: string): void {
    for (const terminal of this.terminals.values()) this.end(terminal, reason);
  }

  /** A `terminal_spawn` did not reach the device. */
  refused(owner: TerminalOwner, command: Frame, reason: string): void {
    const ownId = String(command['terminal_id']);
    const terminal = this.terminals.get(this.idOf(owner, ownId));
    if (terminal) this.end(terminal, reason);
    else owner.show(encodeFrame(exitOf(ownId, reason)), () => {});
  }

  private spawn(owner: TerminalOwner, ownId: string, id: string): boolean {
    const isKnown = this.terminals.get(id)?.exited === false;
    if (isKnown) return true;
    if (this.of(owner).length >= this.limits.maxTerminalsPerClient) {
      this.observer.dropped('too-many-terminals');
      return false;
    }
    this.terminals.set(id, { id, ownId, owner, kept: [], keptBytes: 0, missing: 0, exited: false });
    return true;
  }

  private of(owner: TerminalOwner): Terminal[] {
    return [...this.terminals.values()].filter((terminal) => terminal.owner === owner);
  }

  private idOf(owner: TerminalOwner, ownId: string): string {
    const hash = createHmac('sha256', (this.secret ??= randomBytes(SECRET_BYTES)))
      .update(owner.key)
      .digest('hex')
      .slice(0, OWNER_DIGITS);
    return `${hash}:${ownId}`;
  }

  private show(terminal: Terminal, frame: Frame): void {
    const text = encodeFrame(frame);
    const keep = (): void => this.keep(terminal, frame, text.length);
    if (!terminal.owner.show(text, keep)) keep();
  }

  private keep(terminal: Terminal, frame: Frame, bytes: number): void {
    terminal.kept.push(frame);
    terminal.keptBytes += bytes;
    for (let i = 0; terminal.keptBytes > this.limits.terminalKeptBytes;) {
      const oldest = terminal.kept[i];
      if (!oldest) return;
      if (oldest.type !== 'terminal_output') {
        i++;
        continue;
      }
      terminal.kept.splice(i, 1);
      terminal.keptBytes -= encodeFrame(oldest).length;
      terminal.missing += outputOf(oldest);
    }
  }

  private end(terminal: Terminal, reason: string): void {
    if (terminal.exited) return;
    this.show(terminal, exitOf(terminal.ownId, reason));
    this.exited(terminal);
  }

  /** Its id stays known for a while: stock devices send the last output after the exit. */
  private exited(terminal: Terminal): void {
    if (terminal.exited) return;
    terminal.exited = true;
    this.clock.after(this.limits.terminalLingerMs, () => {
      if (this.terminals.get(terminal.id) === terminal) this.terminals.delete(terminal.id);
    });
  }
}

export function isTerminalFrame(frame: Frame): boolean {
  return frame.type.startsWith('terminal_') && typeof frame['terminal_id'] === 'string';
}

function outputOf(frame: Frame): number {
  return typeof frame['data'] === 'string' ? frame['data'].length : 0;
}

function exitOf(ownId: string, reason: string): Frame {
  return { type: 'terminal_exited', terminal_id: ownId, exitCode: null, error: reason };
}

/** Says where output is missing, in words that a plain terminal shows. */
function missingOutput(ownId: string, characters: number): Frame {
  const data = `\r\n[${characters} characters of output are not kept]\r\n`;
  return { type: 'terminal_output', terminal_id: ownId, data, missing: characters };
}
