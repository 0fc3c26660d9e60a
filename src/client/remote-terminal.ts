import type { Clock, Frame, Runtime, Timer } from '../protocol/index.js';
import { AsyncQueue } from './async-queue.js';
import type { ClientLimits } from './client-options.js';
import { CommandError } from './client.error.js';
import { terminalStreams, type TerminalStreams } from './terminal-streams.js';
import { OutputOrder } from './output-order.js';

/** What a terminal is opened with. */
export interface TerminalOptions {
  readonly cols: number;
  readonly rows: number;
  /** Inside of the workspace. Default: its root. */
  readonly cwd?: string;
  /** What runs instead of a shell, on devices of ours; the terminal ends with it. */
  readonly command?: string;
  /** The conversation whose permission mode counts, on devices of ours. Default: the one that is followed; where there is none, the mode of the device does. */
  readonly runtime?: Runtime;
}

/** How a terminal ended. */
export interface TerminalExit {
  /** Null where it is not known: the listener or the relay was restarted, or the attachment closed. */
  readonly exitCode: number | null;
  /** Why it ended, where it did not end by itself. */
  readonly error?: string;
}

export interface TerminalSurroundings {
  readonly clock: Clock;
  readonly limits: Pick<
    ClientLimits,
    'ackBytes' | 'terminalAckMs' | 'terminalAheadBytes' | 'terminalTailMs' | 'commandTimeoutMs'
  >;
  /** @returns false while no link is up: then it is not sent, nor kept */
  readonly tell: (type: string, fields: Readonly<Record<string, unknown>>) => boolean;
  /** It has ended, for good. */
  readonly ended: () => void;
}

const encoder = new TextEncoder();

/**
 * A terminal on the device. It lives on over broken connections; what it prints waits on the device until it was read here.
 *
 * @publicApi
 */
export class RemoteTerminal {
  /** What it prints, for one loop; each character once and in order; what is missing is said where it is. It ends after the last output. A loop that is slow holds the terminal back. */
  readonly output: AsyncIterableIterator<string, undefined>;
  /** Resolves once it has ended and all it printed has come; never rejects. */
  readonly exited: Promise<TerminalExit>;
  /** @internal */
  readonly spawned: Promise<void>;
  private readonly unread = new AsyncQueue<string>(() => this.acknowledgeSoon());
  private readonly order: OutputOrder;
  private processId: number | undefined;
  private acknowledged = 0;
  private ackTimer: Timer | undefined;
  /** Whether the device says where its output stands; only such a device waits for acknowledgements. */
  private hasOffsets = false;
  private exit: { readonly outcome: TerminalExit; readonly offset: number | undefined } | undefined;
  private hasEnded = false;
  /** What it was told last, beside what was typed: a new link hears it again, because an old one may have lost it. */
  private size: { readonly cols: number; readonly rows: number } | undefined;
  private isKilled = false;
  private begun: () => void = () => {};
  private refused: (error: Error) => void = () => {};
  private over: (exit: TerminalExit) => void = () => {};
  private readonly awaitingLink = new Set<(isUp: boolean) => void>();

  /** @internal */
  constructor(
    readonly id: string,
    private readonly options: TerminalOptions,
    private readonly surroundings: TerminalSurroundings,
  ) {
    this.output = this.unread;
    this.order = new OutputOrder(surroundings.limits.terminalAheadBytes);
    this.exited = new Promise((resolve) => (this.over = resolve));
    this.spawned = new Promise((resolve, reject) => {
      this.begun = resolve;
      this.refused = reject;
    });
    const { clock, limits } = surroundings;
    const deadline = clock.after(limits.commandTimeoutMs, () => {
      const text = `The device opened no terminal within ${limits.commandTimeoutMs / 1_000} s; see whether its listener is online.`;
      this.refused(new CommandError('terminal_spawn', 'COMMAND_TIMEOUT', text));
    });
    const settled = (): void => deadline.cancel();
    this.spawned.then(settled, settled);
    this.spawn();
  }

  /** Of its process on the device. */
  get pid(): number | undefined {
    return this.processId;
  }

  /** Types into it. @returns false while no link is up: then nothing is sent, nor kept */
  write(text: string): boolean {
    return this.command('terminal_input', { data: text });
  }

  /**
   * The same terminal as a duplex stream, for `pipeTo` and `pipeThrough`: its `readable` takes the place of `output`. It lives on over broken
   * connections too.
   */
  streams(): TerminalStreams {
    return terminalStreams({
      output: this.output,
      write: (text) => this.write(text),
      linked: () => this.linked(),
    });
  }

  /** @returns false while no link is up: the next one hears of it */
  resize(cols: number, rows: number): boolean {
    this.size = { cols, rows };
    return this.command('terminal_resize', { cols, rows });
  }

  /** Ends it with everything that runs in it; `exited` says when. @returns false while no link is up: the next one hears of it */
  kill(): boolean {
    this.isKilled = true;
    return this.command('terminal_kill', {});
  }

  /** @internal */
  receive(frame: Frame): void {
    if (this.hasEnded) return;
    if (typeof frame['offset'] === 'number') this.hasOffsets = true;
    if (frame.type === 'terminal_spawned') this.begin(frame['pid']);
    else if (frame.type === 'terminal_output') this.print(frame);
    else if (frame.type === 'terminal_exited') this.exits(frame);
  }

  /** @internal A new link is up: says where it stands, because the relay may be a new one too. */
  resume(): void {
    if (this.processId === undefined) this.spawn();
    else if (this.hasOffsets) this.acknowledge();
    if (this.size) this.resize(this.size.cols, this.size.rows);
    if (this.isKilled) this.kill();
    this.tellLinked(true);
  }

  /** @internal Nothing follows. */
  end(outcome: TerminalExit, error?: Error): void {
    if (this.hasEnded) return;
    this.hasEnded = true;
    this.ackTimer?.cancel();
    this.refused(error ?? refusal(outcome));
    this.unread.finish(error);
    this.over(outcome);
    this.surroundings.ended();
    this.tellLinked(false);
  }

  private linked(): Promise<boolean> {
    return this.hasEnded ? Promise.resolve(false) : new Promise((resolve) => this.awaitingLink.add(resolve));
  }

  private tellLinked(isUp: boolean): void {
    const waiting = [...this.awaitingLink];
    this.awaitingLink.clear();
    for (const tell of waiting) tell(isUp);
  }

  private spawn(): void {
    this.command('terminal_spawn', this.options);
  }

  /** All of them name the runtime, so that they keep their order on the device. */
  private command(type: string, fields: object): boolean {
    const { runtime } = this.options;
    return this.surroundings.tell(type, { ...fields, terminal_id: this.id, ...(runtime ? { runtime } : {}) });
  }

  private begin(pid: unknown): void {
    this.processId = typeof pid === 'number' ? pid : 0;
    this.begun();
  }

  private print({ data, offset }: Frame): void {
    if (typeof data !== 'string') return;
    const isPlaced = typeof offset === 'number';
    const { missing, text: fresh } = isPlaced ? this.order.take(data, offset) : { missing: 0, text: data };
    if (missing > 0) this.unread.push(`\r\n[${missing} bytes of output did not come]\r\n`, 0);
    if (fresh !== '') this.unread.push(fresh, encoder.encode(fresh).length);
    // What comes again was not acknowledged, or that was lost.
    else if (isPlaced && offset < this.order.received) this.acknowledged = Math.min(this.acknowledged, offset);
    this.acknowledgeSoon();
    this.endIfComplete();
  }

  private exits({ exitCode, error, offset }: Frame): void {
    const outcome: TerminalExit = {
      exitCode: typeof exitCode === 'number' ? exitCode : null,
      ...(typeof error === 'string' ? { error } : {}),
    };
    this.exit = { outcome, offset: typeof offset === 'number' ? offset : undefined };
    if (this.exit.offset !== undefined) return this.endIfComplete();
    if (this.processId === undefined) return this.end(outcome);
    // Such a device may send its last output after the end.
    const { clock, limits } = this.surroundings;
    clock.after(limits.terminalTailMs, () => this.end(outcome));
  }

  private endIfComplete(): void {
    const { exit } = this;
    if (exit?.offset === undefined || this.order.received < exit.offset) return;
    // All of it is here, so that the device need not keep it.
    this.acknowledge(this.order.received);
    this.end(exit.outcome);
  }

  private acknowledgeSoon(): void {
    if (!this.hasOffsets || this.hasEnded) return;
    const { clock, limits } = this.surroundings;
    const due = this.order.received - this.unread.unreadBytes - this.acknowledged;
    if (due >= limits.ackBytes) this.acknowledge();
    else if (due > 0) this.ackTimer ??= clock.after(limits.terminalAckMs, () => this.acknowledge());
  }

  private acknowledge(offset: number = this.order.received - this.unread.unreadBytes): void {
    this.ackTimer?.cancel();
    this.ackTimer = undefined;
    if (this.surroundings.tell('terminal_ack', { terminal_id: this.id, offset })) this.acknowledged = offset;
  }
}

function refusal({ error }: TerminalExit): CommandError {
  return new CommandError('terminal_spawn', 'COMMAND_FAILED', error ?? 'The terminal ended before it began.');
}
