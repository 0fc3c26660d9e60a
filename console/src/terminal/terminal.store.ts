import { signal } from '@preact/signals';
import type { RemoteTerminal, TerminalExit, TerminalOptions } from 'twinlane/client';
import { withControl } from './control-keys.js';
import { HeldInput, piecesOf } from './held-input.js';
import { messageOf } from '../ui/index.js';

/** Where a terminal is shown. */
export interface Screen {
  /** Resolves once it is shown: what comes faster waits on the device. */
  write(text: string): Promise<void>;
}

export type TerminalPhase =
  | { readonly name: 'opening' }
  | { readonly name: 'open' }
  /** The device opened none, for this reason. */
  | { readonly name: 'failed'; readonly message: string }
  | { readonly name: 'ended'; readonly exit: TerminalExit };

interface Size {
  readonly cols: number;
  readonly rows: number;
}

/** What a screen is given before it has shown what came before, in UTF-16 units: it draws several pieces at once. */
export const MAX_UNSHOWN_LENGTH = 128 * 1024;

/** One terminal on the device: what is typed goes there, what it prints comes to a screen. */
export class TerminalStore {
  readonly phase = signal<TerminalPhase>({ name: 'opening' });
  /** As the program that runs calls itself; empty where it does not. */
  readonly title = signal('');
  /** Characters that were typed without a link, and wait for one. */
  readonly heldLength = signal(0);
  /** Something was typed that there was no more room for. */
  readonly hasOverrun = signal(false);
  /** Whether the next letter counts as typed with Ctrl held. */
  readonly isControlHeld = signal(false);
  private readonly held = new HeldInput();
  private remote: RemoteTerminal | undefined;
  private isStarted = false;
  private size: Size | undefined;

  constructor(
    /** Tells it from the others, from 1. */
    readonly number: number,
    private readonly spawn: (options: TerminalOptions) => Promise<RemoteTerminal>,
    private readonly screen: Screen,
  ) {}

  /** Opens it on the device, once, and follows it to its end. Never rejects. */
  async run(options: TerminalOptions): Promise<void> {
    if (this.isStarted) return;
    this.isStarted = true;
    this.size = { cols: options.cols, rows: options.rows };
    try {
      this.remote = await this.spawn(options);
    } catch (error) {
      this.phase.value = { name: 'failed', message: messageOf(error) };
      return;
    }
    const { remote, size } = this;
    // It was closed while it was being opened.
    if (this.phase.value.name === 'ended') return void remote.kill();
    this.phase.value = { name: 'open' };
    if (size.cols !== options.cols || size.rows !== options.rows) remote.resize(size.cols, size.rows);
    this.resume();
    await this.print(remote);
    this.end(await remote.exited);
  }

  /** Types into it; without a link it is kept until there is one. */
  type(text: string): void {
    const { name } = this.phase.value;
    if (name === 'failed' || name === 'ended') return;
    const typed = this.isControlHeld.value ? withControl(text) : text;
    this.isControlHeld.value = false;
    // What was typed before goes first.
    if (this.held.length === 0) {
      for (const piece of piecesOf(typed)) if (!this.send(piece)) this.hold(piece);
    } else this.hold(typed);
    this.resume();
  }

  /** A link is up: what was typed without one is sent. */
  resume(): void {
    this.held.flush((text) => this.send(text));
    this.heldLength.value = this.held.length;
    if (this.held.length === 0) this.hasOverrun.value = false;
  }

  resize(cols: number, rows: number): void {
    if (this.size?.cols === cols && this.size.rows === rows) return;
    this.size = { cols, rows };
    this.remote?.resize(cols, rows);
  }

  /** Ends it, with everything that runs in it. */
  kill(): void {
    if (this.remote) this.remote.kill();
    else this.end({ exitCode: null });
  }

  private async print(remote: RemoteTerminal): Promise<void> {
    let unshown = 0;
    let shown = Promise.resolve();
    try {
      for await (const text of remote.output) {
        unshown += text.length;
        shown = this.screen.write(text).then(() => void (unshown -= text.length));
        if (unshown >= MAX_UNSHOWN_LENGTH) await shown;
      }
    } catch {
      // The attachment has ended; `exited` says why.
    }
    await shown;
  }

  private hold(text: string): void {
    if (!this.held.add(text)) this.hasOverrun.value = true;
    this.heldLength.value = this.held.length;
  }

  private send(text: string): boolean {
    return this.remote?.write(text) ?? false;
  }

  private end(exit: TerminalExit): void {
    this.held.clear();
    this.heldLength.value = 0;
    this.phase.value = { name: 'ended', exit };
  }
}

/** How a terminal ended, in words. */
export function exitText({ exitCode, error }: TerminalExit): string {
  const code = exitCode === null ? 'Ended' : `Ended with exit code ${exitCode}`;
  return error === undefined ? `${code}.` : `${code}: ${error}`;
}
