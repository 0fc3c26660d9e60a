import type { FrameSource, OutgoingFrame } from './frame-source.js';

export interface QueuedFrame extends OutgoingFrame {
  /** The socket gets it now. */
  readonly taken?: (() => void) | undefined;
}

/** Frames that wait for one socket, in order. */
export class FrameQueue implements FrameSource {
  private readonly waiting: QueuedFrame[] = [];
  private waitingBytes = 0;

  /** Of what waits, in UTF-16 units. */
  get bytes(): number {
    return this.waitingBytes;
  }

  get idle(): boolean {
    return this.waiting.length === 0;
  }

  push(frame: QueuedFrame): void {
    this.waiting.push(frame);
    this.waitingBytes += frame.text.length;
  }

  next(): OutgoingFrame | undefined {
    const frame = this.waiting.shift();
    if (!frame) return undefined;
    this.waitingBytes -= frame.text.length;
    frame.taken?.();
    return frame;
  }
}
