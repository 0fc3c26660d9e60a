import { encodeFrame, type Clock, type Frame, SparseMap } from '../../protocol/index.js';
import type { DeviceLink } from './device-link.js';
import { without } from './frame-text.js';
import type { RoutingObserver } from './routing-observer.js';
import { endOf, exitOf, missingOutput, offsetOf, outputOf, ownerHash, readTerminalId } from './terminal-frames.js';

/** Terminals of owners that this process of the relay has not seen yet; beyond, they are as good as unknown. */
const MAX_UNCLAIMED = 1_024;
const UNKNOWN = 'The relay was restarted and knows nothing of this terminal; open another one.';

export interface TerminalLimits {
  readonly terminalKeptBytes: number;
  readonly terminalLingerMs: number;
  readonly maxTerminalsPerClient: number;
  /** ms after which the terminals of an owner whom nobody has seen end. */
  readonly clientAwayMs: number;
}

/** What became of a frame that a socket took. */
export interface ShowOutcome {
  /** The socket died with it. */
  readonly undelivered: () => void;
  readonly delivered: () => void;
}

/** Whoever spawned a terminal. */
export interface TerminalOwner {
  /** Names the client over reconnects; never shown to a device as it is. */
  readonly key: string;
  /** Whether it says itself what it has read (`terminal_ack`); anybody else has read what was delivered. */
  readonly isNamed: boolean;
  /** @returns false when the owner is away */
  show(text: string, outcome: ShowOutcome): boolean;
}

/** The device, as terminals see it. */
export interface TerminalDevice {
  /** Undefined while none is ready. */
  readonly link: () => Pick<DeviceLink, 'resumable' | 'send'> | undefined;
  /** Sends a command, now or when a link is ready. */
  readonly command: (frame: Frame) => void;
}

interface Terminal {
  readonly id: string;
  /** The id its owner gave it. */
  readonly ownId: string;
  readonly hash: string;
  /** Undefined: of somebody whom this process of the relay has not seen yet. */
  owner: TerminalOwner | undefined;
  /** For an owner who is away. */
  readonly kept: Frame[];
  keptBytes: number;
  missing: number;
  isAnnounced: boolean;
  exited: boolean;
  /** Its owner will not come back. */
  isLeft: boolean;
  /** Its owner has read everything before this offset. */
  acknowledged: number;
  /** Its owner missed something that the device has still: it is asked for it when the owner is back. */
  isInterrupted: boolean;
  /** Its owner says that it exists; the device has not said so in this process of the relay. */
  isGuess: boolean;
}

/** Terminals and whose they are: their ids are rewritten, so that no client can name another one's (protocol section 4). */
export class Terminals {
  private readonly terminals = new SparseMap<string, Terminal>();
  /** Those who are here, or will be back, by what stands for them in ids. */
  private readonly owners = new SparseMap<string, TerminalOwner>();

  constructor(
    private readonly clock: Clock,
    private readonly limits: TerminalLimits,
    private readonly observer: RoutingObserver,
    private readonly device: TerminalDevice,
  ) {}

  /** A client's command with the terminal's id as the device knows it; undefined when the client has too many. */
  rewrite(owner: TerminalOwner, command: Frame): Frame | undefined {
    const ownId = String(command['terminal_id']);
    if (command.type === 'terminal_spawn') {
      const terminal = this.spawn(owner, ownId);
      return terminal && { ...command, terminal_id: terminal.id };
    }
    const terminal = this.known(owner, ownId) ?? this.guess(owner, ownId, 0);
    return { ...command, terminal_id: terminal?.id ?? idOf(owner, ownId) };
  }

  /** Its owner says how far it has read; after a restart of the relay that is how the relay hears of the terminal. */
  acknowledge(owner: TerminalOwner, ack: Frame): void {
    const ownId = String(ack['terminal_id']);
    const offset = offsetOf(ack);
    if (offset === undefined) return this.observer.dropped('unreadable');
    const terminal = this.known(owner, ownId);
    if (terminal) this.read(terminal, offset);
    else this.guess(owner, ownId, offset);
  }

  /** A device's frame about a terminal. @returns false when nobody here owns it */
  take(frame: Frame): boolean {
    const id = String(frame['terminal_id']);
    const terminal = this.terminals.get(id) ?? this.discover(id, frame);
    if (!terminal || terminal.isLeft) {
      if (terminal) this.letGo(terminal, frame);
      return false;
    }
    terminal.isGuess = false;
    // A device tells of its terminals again on every link.
    const isRepeated = frame.type === 'terminal_spawned' && terminal.isAnnounced && offsetOf(frame) !== undefined;
    if (frame.type === 'terminal_spawned') terminal.isAnnounced = true;
    if (!isRepeated) this.show(terminal, { ...without(frame, 'seq'), terminal_id: terminal.ownId });
    if (frame.type === 'terminal_exited') this.exited(terminal);
    return true;
  }

  isOwner(owner: TerminalOwner): boolean {
    return this.of(owner).length > 0;
  }

  /** The owner is here: shows what was kept, says what was not, and asks the device for what it has still. */
  back(owner: TerminalOwner): void {
    const hash = ownerHash(owner.key);
    this.owners.set(hash, owner);
    for (const terminal of this.terminals.values()) if (terminal.hash === hash) terminal.owner = owner;
    for (const terminal of this.of(owner)) {
      const { missing } = terminal;
      const kept = terminal.kept.splice(0);
      terminal.missing = 0;
      terminal.keptBytes = 0;
      if (missing > 0) this.show(terminal, missingOutput(terminal.ownId, missing));
      for (const frame of kept) this.show(terminal, frame);
      if (terminal.isInterrupted) this.resume(terminal);
      if (terminal.exited) this.retire(terminal);
    }
  }

  /** A link of the device is ready: what it did not get acknowledged it sends again by itself. */
  deviceReady(): void {
    for (const terminal of this.terminals.values()) {
      if (!terminal.owner || !terminal.isInterrupted) continue;
      if (terminal.isGuess) this.resume(terminal);
      else terminal.isInterrupted = false;
    }
  }

  /** The owner will not come back. @returns the commands that end its terminals */
  leave(owner: TerminalOwner): Frame[] {
    this.owners.delete(ownerHash(owner.key));
    const left = this.of(owner);
    for (const terminal of left) this.abandon(terminal);
    return left.filter(({ exited }) => !exited).map(({ id }) => killOf(id));
  }

  /** The device has none of them any more. */
  lost(reason: string): void {
    for (const terminal of this.terminals.values()) {
      if (terminal.owner) this.end(terminal, reason);
      else this.terminals.delete(terminal.id);
    }
  }

  /** A `terminal_spawn` did not reach the device. */
  refused(owner: TerminalOwner, command: Frame, reason: string): void {
    const ownId = String(command['terminal_id']);
    const terminal = this.known(owner, ownId);
    if (terminal) this.end(terminal, reason);
    else owner.show(encodeFrame(exitOf(ownId, reason)), { undelivered: () => {}, delivered: () => {} });
  }

  private spawn(owner: TerminalOwner, ownId: string): Terminal | undefined {
    const known = this.known(owner, ownId);
    if (known && !known.exited) return known;
    // One that has ended makes room for the next of its name.
    if (known) this.terminals.delete(known.id);
    if (this.mayHaveMore(owner)) return this.add(owner, ownId);
    this.observer.dropped('too-many-terminals');
    return undefined;
  }

  /** A terminal that only its owner speaks of: of an earlier process of the relay, or of nobody. The device knows. */
  private guess(owner: TerminalOwner, ownId: string, acknowledged: number): Terminal | undefined {
    if (!this.mayHaveMore(owner)) return undefined;
    const terminal = this.add(owner, ownId);
    terminal.isGuess = true;
    terminal.isInterrupted = true;
    terminal.acknowledged = acknowledged;
    this.resume(terminal);
    return terminal;
  }

  /** A terminal that only a resumable device speaks of: of an earlier process of the relay. */
  private discover(id: string, frame: Frame): Terminal | undefined {
    const name = readTerminalId(id);
    if (!name || offsetOf(frame) === undefined) return undefined;
    const owner = this.owners.get(name.hash);
    if (owner) return this.mayHaveMore(owner) ? this.add(owner, name.ownId) : undefined;
    const unclaimed = [...this.terminals.values()].filter((terminal) => !terminal.owner);
    if (unclaimed.length >= MAX_UNCLAIMED) return undefined;
    const terminal = this.put(id, name.hash, name.ownId, undefined);
    this.clock.after(this.limits.clientAwayMs, () => {
      if (terminal.owner || this.terminals.get(id) !== terminal) return;
      this.abandon(terminal);
      this.device.command(killOf(id));
    });
    return terminal;
  }

  private mayHaveMore(owner: TerminalOwner): boolean {
    return this.of(owner).length < this.limits.maxTerminalsPerClient;
  }

  private add(owner: TerminalOwner, ownId: string): Terminal {
    return this.put(idOf(owner, ownId), ownerHash(owner.key), ownId, owner);
  }

  private put(id: string, hash: string, ownId: string, owner: TerminalOwner | undefined): Terminal {
    const output = { kept: [], keptBytes: 0, missing: 0, acknowledged: 0 };
    const state = { isAnnounced: false, exited: false, isLeft: false, isInterrupted: false, isGuess: false };
    const terminal: Terminal = { id, hash, ownId, owner, ...output, ...state };
    this.terminals.set(id, terminal);
    return terminal;
  }

  private known(owner: TerminalOwner, ownId: string): Terminal | undefined {
    const terminal = this.terminals.get(idOf(owner, ownId));
    return terminal?.isLeft ? undefined : terminal;
  }

  private of(owner: TerminalOwner): Terminal[] {
    return [...this.terminals.values()].filter((terminal) => terminal.owner === owner && !terminal.isLeft);
  }

  private read(terminal: Terminal, offset: number): void {
    terminal.acknowledged = Math.max(terminal.acknowledged, offset);
    this.tell({ type: 'terminal_ack', terminal_id: terminal.id, offset });
  }

  private tell(frame: Frame): void {
    const link = this.device.link();
    if (link?.resumable) link.send(frame);
  }

  /** Has the device send again what its owner has not read. */
  private resume(terminal: Terminal): void {
    const link = this.device.link();
    if (!link) return;
    terminal.isInterrupted = false;
    if (link.resumable) this.tell({ type: 'terminal_rewind', terminal_id: terminal.id, offset: terminal.acknowledged });
    else if (terminal.isGuess) this.end(terminal, UNKNOWN);
  }

  private show(terminal: Terminal, frame: Frame): void {
    const text = encodeFrame(frame);
    const undelivered = (): void => this.missed(terminal, frame, text.length);
    const delivered = (): void => this.delivered(terminal, frame);
    if (!terminal.owner?.show(text, { undelivered, delivered })) undelivered();
  }

  private delivered(terminal: Terminal, frame: Frame): void {
    const end = endOf(frame);
    if (end !== undefined && terminal.owner?.isNamed === false) this.read(terminal, end);
  }

  private missed(terminal: Terminal, frame: Frame, bytes: number): void {
    // Its end may have been on its way for so long that it was forgotten, and another one have its name now.
    if (!this.terminals.has(terminal.id)) this.terminals.set(terminal.id, terminal);
    if (terminal.isLeft || this.terminals.get(terminal.id) !== terminal) return;
    if (sendsAgain(terminal, frame)) terminal.isInterrupted = true;
    else this.keep(terminal, frame, bytes);
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
      terminal.missing += outputOf(oldest).length;
    }
  }

  private end(terminal: Terminal, reason: string): void {
    if (terminal.isLeft || (terminal.exited && !terminal.isInterrupted)) return;
    terminal.isInterrupted = false;
    this.show(terminal, exitOf(terminal.ownId, reason));
    this.exited(terminal);
  }

  private exited(terminal: Terminal): void {
    terminal.exited = true;
    this.retire(terminal);
  }

  /** The id of a terminal that has ended stays known for a while, and until its owner was told: stock devices send the last output after the exit. */
  private retire(terminal: Terminal): void {
    this.clock.after(this.limits.terminalLingerMs, () => {
      const isTold = terminal.kept.length === 0 && !terminal.isInterrupted;
      if (isTold && this.terminals.get(terminal.id) === terminal) this.terminals.delete(terminal.id);
    });
  }

  /** Nobody will read it. It is known until its processes are gone, so that the device need not keep its output. */
  private abandon(terminal: Terminal): void {
    terminal.isLeft = true;
    terminal.kept.length = 0;
    terminal.isInterrupted = false;
    this.retire(terminal);
  }

  private letGo(terminal: Terminal, frame: Frame): void {
    const end = endOf(frame);
    if (end !== undefined) this.read(terminal, end);
  }
}

function idOf(owner: TerminalOwner, ownId: string): string {
  return `${ownerHash(owner.key)}:${ownId}`;
}

function killOf(id: string): Frame {
  return { type: 'terminal_kill', terminal_id: id };
}

/** Whether the device has it still: output that its owner has not read, and the end that follows it. */
function sendsAgain({ acknowledged }: Terminal, frame: Frame): boolean {
  const end = endOf(frame);
  return end !== undefined && frame.type !== 'terminal_spawned' && end > acknowledged;
}
