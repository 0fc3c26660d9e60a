import { Inject, Injectable, Logger } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { CLOCK } from '../../config/index.js';
import { ProtocolEmitterService } from '../../emitter/index.js';
import { Permissions } from '../../permissions/index.js';
import { endProcesses } from '../../processes/index.js';
import type { Clock, Frame, Timer } from '../../protocol/index.js';
import { type LinkFeed, LinkSupervisor, type OpenLink } from '../../transport/index.js';
import { Workspace } from '../../workspace/index.js';
import { CommandError } from '../command.error.js';
import { Lanes } from '../lanes.js';
import { DeviceTerminal } from './device-terminal.js';
import { OPEN_PTY, type OpenPty } from './pty.js';
import { TerminalOptions } from './terminal.options.js';
import { TerminalSource } from './terminal-source.js';

/** What everything that runs in a terminal has in its environment; the value names this one listener process. */
const MARK = 'TWINLANE_TERMINALS';

export interface TerminalRequest {
  readonly id: string;
  readonly cols: number;
  readonly rows: number;
  /** Default: the workspace. */
  readonly cwd?: string | undefined;
  /** What runs instead of a shell that a person talks to. */
  readonly command?: string | undefined;
}

interface Entry {
  readonly owner: string;
  /** Undefined while it opens. */
  terminal: DeviceTerminal | undefined;
  source: TerminalSource | undefined;
}

/**
 * The terminals of this device: they outlive links, and their output waits until its owner has read it (protocol section 5).
 * Each is a source of the channel of its own, so that one that prints without end takes its turn like everybody else.
 */
@Injectable()
export class Terminals implements LinkFeed {
  private readonly log = new Logger(Terminals.name);
  private readonly entries = new Map<string, Entry>();
  private readonly lanes = new Lanes();
  private readonly name = randomUUID();
  private link: OpenLink | undefined;
  private away: Timer | undefined;
  private isClosing = false;

  constructor(
    private readonly options: TerminalOptions,
    private readonly workspace: Workspace,
    private readonly permissions: Permissions,
    private readonly emitter: ProtocolEmitterService,
    private readonly links: LinkSupervisor,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(OPEN_PTY) private readonly openPty: OpenPty,
  ) {
    links.feed(this);
  }

  /**
   * Opens a terminal. One that is there already is told of again: whoever asks twice did not hear of it.
   *
   * @throws CommandError, PathRefusedError, Error when this machine cannot
   */
  spawn(request: TerminalRequest): Promise<void> {
    return this.lanes.run(request.id, async () => {
      const known = this.entries.get(request.id);
      if (known && !known.terminal?.exit) return this.announceAgain(known);
      if (known) this.forget(request.id, known);
      const entry: Entry = { owner: this.admit(request.id), terminal: undefined, source: undefined };
      this.entries.set(request.id, entry);
      try {
        entry.terminal = await this.open(request, entry);
      } catch (error) {
        this.entries.delete(request.id);
        throw error;
      }
      if (this.link) this.attach(entry, entry.terminal, this.link);
      if (this.isClosing) await entry.terminal.end(STOPPED);
    });
  }

  /** Commands for one terminal keep their order, also behind one that still opens it; for one that is not here they do nothing. */
  use(id: string, run: (terminal: DeviceTerminal) => void): Promise<void> {
    return this.lanes.run(id, async () => {
      const terminal = this.entries.get(id)?.terminal;
      if (terminal) run(terminal);
    });
  }

  linkUp(link: OpenLink): void {
    this.link = link;
    this.away?.cancel();
    for (const entry of this.entries.values()) if (entry.terminal) this.attach(entry, entry.terminal, link);
  }

  linkDown(): void {
    this.link = undefined;
    for (const entry of this.entries.values()) entry.source = undefined;
    this.away?.cancel();
    // No timer may outlive an application that is closed.
    if (this.isClosing) return;
    const { graceMs } = this.options;
    this.away = this.clock.after(graceMs, () => {
      const reason = `The device was not connected for ${graceMs / 1_000} s, so its terminals were ended.`;
      for (const { terminal } of this.entries.values()) void terminal?.end(reason);
    });
  }

  /** Takes what the relay says of an owner's reading: `terminal_ack` and `terminal_rewind`. */
  take(frame: Frame): boolean {
    if (frame.type !== 'terminal_ack' && frame.type !== 'terminal_rewind') return false;
    const { terminal_id: id, offset } = frame;
    if (typeof id !== 'string' || typeof offset !== 'number' || !Number.isSafeInteger(offset) || offset < 0) {
      this.log.warn(`A ${frame.type} without a terminal_id and an offset was ignored.`);
      return true;
    }
    const entry = this.entries.get(id);
    if (entry?.terminal) this.read(entry, entry.terminal, offset, frame.type === 'terminal_rewind');
    else if (frame.type === 'terminal_rewind' && !entry) this.tellGone(id);
    return true;
  }

  /** Whether everything that was printed is with the server. */
  get settled(): boolean {
    return [...this.entries.values()].every(({ source }) => source?.settled ?? true);
  }

  /** Ends every terminal, with all its processes, also those that an earlier terminal has left behind. */
  async shutdown(): Promise<void> {
    this.isClosing = true;
    this.away?.cancel();
    await Promise.all([...this.entries.values()].map(async ({ terminal }) => terminal?.end(STOPPED)));
    await endProcesses({ mark: `${MARK}=${this.name}` }, 'SIGHUP', this.options.killGraceMs, this.clock);
  }

  /** @returns whose it is */
  private admit(id: string): string {
    if (this.isClosing) throw new CommandError('COMMAND_FAILED', STOPPED);
    const owner = ownerOf(id);
    const { maxPerClient } = this.options;
    const has = [...this.entries.values()].filter((entry) => entry.owner === owner).length;
    if (has < maxPerClient) return owner;
    throw new CommandError('TOO_MANY', `One client may have ${maxPerClient} terminals here; end one of them first.`);
  }

  private async open({ id, cols, rows, cwd, command }: TerminalRequest, entry: Entry): Promise<DeviceTerminal> {
    const directory = cwd === undefined ? this.workspace.root : await this.workspace.resolve(cwd);
    if (!(await stat(directory)).isDirectory())
      throw new CommandError('COMMAND_INVALID', `cwd must be a directory; ${cwd} is none.`);
    const file = this.options.shell ?? process.env['SHELL'] ?? '/bin/sh';
    const args = command === undefined ? [] : ['-c', command];
    const pty = await this.openPty({
      file,
      args,
      cwd: directory,
      env: { ...this.permissions.childEnvironment(), [MARK]: this.name },
      cols,
      rows,
    });
    return new DeviceTerminal(id, pty, this.clock, this.options, {
      changed: () => this.wake(entry),
      done: () => this.forget(id, entry),
    });
  }

  private read(entry: Entry, terminal: DeviceTerminal, offset: number, isRewind: boolean): void {
    // What was not sent cannot have been read.
    terminal.acknowledge(Math.min(offset, entry.source?.sent ?? terminal.output.start));
    if (!isRewind) return;
    entry.source?.rewind(offset);
    this.wake(entry);
  }

  private attach(entry: Entry, terminal: DeviceTerminal, link: OpenLink): void {
    const { frameBytes } = this.options;
    const { resumable } = link.shape;
    const options = { resumable, frameBytes, maxFrameBytes: this.links.maxFrameBytes };
    entry.source = new TerminalSource(terminal, options);
    this.wake(entry);
  }

  private announceAgain(entry: Entry): void {
    entry.source?.announceAgain();
    this.wake(entry);
  }

  /** A plain server reads what is no event on control only. */
  private wake({ source }: Entry): void {
    const { link } = this;
    if (link && source) (link.shape.resumable ? link.stream : link.control).attach(source, 'fair');
  }

  private forget(id: string, entry: Entry): void {
    if (this.entries.get(id) === entry) this.entries.delete(id);
  }

  private tellGone(id: string): void {
    const error = 'This terminal has ended, and how is no longer known; open another one.';
    try {
      this.emitter.send({ type: 'terminal_exited', terminal_id: id, exitCode: null, error });
    } catch (failure) {
      this.log.error(`That a terminal has ended could not be told: ${String(failure)}`);
    }
  }
}

const STOPPED = 'The listener stops, and its terminals with it.';

/** A relay of ours puts a name of the client before the client's own id (protocol section 5); for any other server all are one. */
function ownerOf(id: string): string {
  const [owner = '', ownId] = id.split(':', 2);
  return ownId === undefined ? '' : owner;
}
