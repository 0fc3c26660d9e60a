import type { ChannelSocket } from '../../channel/index.js';
import {
  CLOSE_CODES,
  decodeFrame,
  FrameError,
  PING_TEXT,
  withDeadline,
  type Clock,
  type Frame,
} from '../../protocol/index.js';
import { StepError } from './step.js';

/** How long a closing handshake may take, in ms. */
const CLOSE_GRACE_MS = 2_000;

/** A listener's socket that does nothing but ask for signs of life. */
export class ProbeSocket {
  private readonly ended: Promise<string>;
  private readonly frames: Frame[] = [];
  private arrived: () => void = () => {};

  constructor(
    private readonly socket: ChannelSocket,
    private readonly clock: Clock,
    private readonly deadlineMs: number,
  ) {
    this.ended = new Promise((resolve) => {
      socket.receive({
        message: (text, isBinary) => this.take(text, isBinary),
        closed: (code, reason) => resolve(`${code}${reason === '' ? '' : ` ${reason}`}`),
      });
    });
  }

  /** @throws StepError when the socket ends first, or nothing comes in time */
  async ready(generation: string): Promise<void> {
    await this.until((frame) => frame.type === 'listener_ready' && frame['connection_generation'] === generation);
  }

  /** @returns ms from `ping` to `pong` @throws StepError */
  async roundTrip(): Promise<number> {
    const sentAt = performance.now();
    this.socket.send(PING_TEXT);
    await this.until((frame) => frame.type === 'pong');
    return performance.now() - sentAt;
  }

  /** Says goodbye, so that the relay knows at once that nobody is there any more. */
  async close(): Promise<void> {
    this.socket.close(CLOSE_CODES.NORMAL.code, 'Checked');
    const late = () => new StepError('The closing handshake took too long.');
    await withDeadline(this.ended, CLOSE_GRACE_MS, this.clock, late).catch(() => this.socket.terminate());
  }

  private async until(wanted: (frame: Frame) => boolean): Promise<void> {
    const seen = new Promise<void>((resolve) => {
      this.arrived = () => {
        if (this.frames.some(wanted)) resolve();
      };
      this.arrived();
    });
    const ended = this.ended.then((how): never => {
      throw new StepError(`the socket was closed (${how}) instead of answering; look at the log of the relay`);
    });
    const late = () =>
      new StepError(`nothing came within ${this.deadlineMs / 1_000} s; a proxy in between may hold messages back`);
    await withDeadline(Promise.race([seen, ended]), this.deadlineMs, this.clock, late);
  }

  private take(text: string, isBinary: boolean): void {
    try {
      this.frames.push(decodeFrame(text, isBinary));
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
    }
    this.arrived();
  }
}
