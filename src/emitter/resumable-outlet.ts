import {
  ChunkingSource,
  type ChunkSlots,
  EventCursor,
  type EventPlace,
  type FrameSource,
  type OutgoingFrame,
} from '../channel/index.js';
import { encodeFrame, type JournalGapFrame } from '../protocol/index.js';
import type { OpenLink } from '../transport/index.js';
import type { JournalLog } from './journal-log.js';
import type { RuntimeWriter } from './runtime-writer.js';

/** One runtime's events on one resumable link: all on stream, from the safe position on. */
export class ResumableOutlet implements FrameSource {
  private readonly cursor: EventCursor;
  /** What is attached to the channel: this, or large events of it in chunks. */
  private readonly source: FrameSource;

  /**
   * @param slots for large events, where the server takes them in chunks
   * @param from what comes after this position is sent
   * @param safe told up to where the server is responsible
   */
  constructor(
    private readonly writer: RuntimeWriter,
    log: JournalLog,
    private readonly link: OpenLink,
    slots: ChunkSlots | undefined,
    from: number,
    safe: (position: number) => void,
  ) {
    const { runtime } = writer;
    this.cursor = new EventCursor(log, from, {
      safe,
      refused: (position) => log.refuse(position),
      gap: ({ epoch, from: first, to }) => {
        const gap: JournalGapFrame = { type: 'journal_gap', runtime, event_epoch: epoch, from: first, to };
        return encodeFrame(gap);
      },
    });
    this.source = slots ? new ChunkingSource(this, slots) : this;
  }

  get idle(): boolean {
    return this.cursor.idle && !this.writer.waiting;
  }

  /** Snapshots follow once everything before them has been sent. */
  next(): OutgoingFrame | undefined {
    if (this.writer.waiting && this.cursor.idle) this.writer.flush();
    const frame = this.cursor.next();
    if (frame) this.writer.lead.taken(frame.text.length);
    else if (this.cursor.idle) this.writer.lead.caughtUp();
    return frame;
  }

  wake(): void {
    this.link.stream.attach(this.source, 'fair');
  }

  /** @returns false when this device knows nothing of the epoch */
  rewind(place: EventPlace): boolean {
    const isKnown = this.cursor.rewind(place);
    this.wake();
    return isKnown;
  }
}
