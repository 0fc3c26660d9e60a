import type { FrameSource, OutgoingFrame } from '../../channel/index.js';

/** A frame for one client socket that is no event. */
export interface DirectFrame {
  readonly text: string;
  /** Answers go before what a terminal prints. */
  readonly urgency: 'urgent' | 'fair';
  /** Before everything else that waits. */
  readonly isFirst?: boolean;
  /** Whether it counts as delivered only once the client has acknowledged it. */
  readonly untilAcknowledged?: boolean;
  /** The socket closed before the frame was delivered. */
  readonly undelivered?: () => void;
  readonly delivered?: () => void;
}

interface Unacknowledged {
  readonly count: number;
  readonly frame: DirectFrame;
}

/** Those of one urgency. */
class Line implements FrameSource {
  readonly waiting: DirectFrame[] = [];

  constructor(private readonly frames: DirectFrames) {}

  next(): OutgoingFrame | undefined {
    return this.frames.take(this.waiting);
  }
}

/** What waits for one client socket, beside events: bounded, because it waits in memory. */
export class DirectFrames {
  readonly urgent = new Line(this);
  readonly fair = new Line(this);
  private readonly unacknowledged: Unacknowledged[] = [];
  private bytes = 0;

  /** @param nextCount the `seq` that the frame taken next will get */
  constructor(
    private readonly maxBytes: number,
    private readonly nextCount: () => number,
  ) {}

  /** @returns false when more waits than may, this frame included */
  push(frame: DirectFrame): boolean {
    this.bytes += frame.text.length;
    if (frame.isFirst) this.urgent.waiting.unshift(frame);
    else this[frame.urgency].waiting.push(frame);
    return this.bytes <= this.maxBytes;
  }

  acknowledged(count: number): void {
    for (let first = this.unacknowledged[0]; first && first.count <= count; first = this.unacknowledged[0]) {
      this.unacknowledged.shift();
      this.bytes -= first.frame.text.length;
      first.frame.delivered?.();
    }
  }

  /** The socket is gone: everything that was not delivered is given back, oldest first. */
  end(): void {
    const sent = this.unacknowledged.splice(0).map(({ frame }) => frame);
    this.bytes = 0;
    for (const frame of [...sent, ...this.urgent.waiting.splice(0), ...this.fair.waiting.splice(0)])
      frame.undelivered?.();
  }

  /** Takes the next one out of what waits in a line. */
  take(waiting: DirectFrame[]): OutgoingFrame | undefined {
    const frame = waiting.shift();
    if (!frame) return undefined;
    if (frame.untilAcknowledged) this.unacknowledged.push({ count: this.nextCount(), frame });
    else {
      this.bytes -= frame.text.length;
      frame.delivered?.();
    }
    return { text: frame.text };
  }
}
