import type { Frame } from '../protocol/index.js';
import { unlessAborted } from './give-up.js';
import { randomId } from './random-id.js';
import { RemoteTerminal, type TerminalOptions, type TerminalSurroundings } from './remote-terminal.js';

/** The terminals that an attachment has opened. */
export class RemoteTerminals {
  private readonly terminals = new Map<string, RemoteTerminal>();

  constructor(private readonly surroundings: Omit<TerminalSurroundings, 'ended'>) {}

  /** @throws CommandError when the device opens none, and the reason of the signal */
  async open(options: TerminalOptions, signal?: AbortSignal): Promise<RemoteTerminal> {
    const id = randomId();
    const ended = (): void => void this.terminals.delete(id);
    const terminal = new RemoteTerminal(id, options, { ...this.surroundings, ended });
    this.terminals.set(id, terminal);
    try {
      await unlessAborted(terminal.spawned, signal);
    } catch (error) {
      // Whoever gave up does not want it when it opens later.
      if (signal?.aborted === true) terminal.kill();
      else this.terminals.delete(id);
      throw error;
    }
    return terminal;
  }

  /** @returns whether the frame was about one of these */
  take(frame: Frame): boolean {
    const { terminal_id: id } = frame;
    const terminal = typeof id === 'string' ? this.terminals.get(id) : undefined;
    terminal?.receive(frame);
    return terminal !== undefined;
  }

  /** A new link is up. */
  resume(): void {
    for (const terminal of this.terminals.values()) terminal.resume();
  }

  end(error: Error): void {
    for (const terminal of this.terminals.values()) terminal.end({ exitCode: null, error: error.message }, error);
  }
}
