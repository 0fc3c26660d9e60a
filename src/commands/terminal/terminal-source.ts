import type { FrameSource, OutgoingFrame } from '../../channel/index.js';
import { encodeFrame, type Frame } from '../../protocol/index.js';
import type { DeviceTerminal } from './device-terminal.js';

/** JSON may write a byte as six (`\u001b`); what stands around the output is small against that. */
const JSON_FACTOR = 8;

export interface TerminalSourceOptions {
  /** Whether frames carry offsets, and the owner's acknowledgements say what has been read (protocol section 5). */
  readonly resumable: boolean;
  /** Bytes of output in one frame. */
  readonly frameBytes: number;
  /** Bytes of one message that the server takes. */
  readonly maxFrameBytes: number;
}

/**
 * One terminal on one link: that it is there, its output from what its owner has not read, and its end, in this order and on
 * one socket, so that none of them overtakes another.
 */
export class TerminalSource implements FrameSource {
  /** What comes after this offset is sent next. */
  private offset: number;
  private isAnnounced: boolean;
  private hasEnded = false;
  private inFlight = 0;

  constructor(
    private readonly terminal: DeviceTerminal,
    private readonly options: TerminalSourceOptions,
  ) {
    this.offset = terminal.output.start;
    // A relay that was restarted meanwhile learns of it here; a plain server would hear of it twice.
    this.isAnnounced = terminal.isAnnounced && !options.resumable;
  }

  /** Whether there is nothing to send now. */
  get idle(): boolean {
    const { output, exit } = this.terminal;
    return this.isAnnounced && this.offset >= output.end && (!exit || this.hasEnded);
  }

  get settled(): boolean {
    return this.idle && this.inFlight === 0;
  }

  /** The offset up to which output was sent on this link. */
  get sent(): number {
    return this.offset;
  }

  next(): OutgoingFrame | undefined {
    if (!this.isAnnounced) return this.announce();
    const { frameBytes, maxFrameBytes } = this.options;
    const bytes = Math.min(frameBytes, Math.floor(maxFrameBytes / JSON_FACTOR));
    const piece = this.terminal.output.after(this.offset, bytes);
    if (!piece) return this.end();
    this.offset = piece.end;
    return this.frame({ type: 'terminal_output', data: piece.text }, piece.offset, () => {
      // Nobody acknowledges on a plain link: what the server has read counts as read.
      if (!this.options.resumable) this.terminal.acknowledge(piece.end);
    });
  }

  /** Tells of it once more. */
  announceAgain(): void {
    this.isAnnounced = false;
  }

  /** Goes on from an offset that is kept; its end follows again. */
  rewind(offset: number): void {
    this.offset = this.terminal.output.clamp(offset);
    this.hasEnded = false;
  }

  private announce(): OutgoingFrame {
    this.isAnnounced = true;
    const { terminal } = this;
    return this.frame({ type: 'terminal_spawned', pid: terminal.pid }, this.offset, () => {
      terminal.isAnnounced = true;
    });
  }

  private end(): OutgoingFrame | undefined {
    const { exit } = this.terminal;
    if (!exit || this.hasEnded) return undefined;
    this.hasEnded = true;
    return this.frame({ type: 'terminal_exited', ...exit }, this.offset, () => this.terminal.exitTaken());
  }

  private frame(fields: Frame, offset: number, confirmed = (): void => {}): OutgoingFrame {
    const { type, ...rest } = fields;
    const place = this.options.resumable ? { offset } : {};
    this.inFlight++;
    return {
      text: encodeFrame({ type, terminal_id: this.terminal.id, ...place, ...rest }),
      confirmed: () => {
        this.inFlight--;
        confirmed();
      },
    };
  }
}
