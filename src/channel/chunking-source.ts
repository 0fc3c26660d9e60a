import { LARGE_FRAME_LENGTH } from '../protocol/index.js';
import { CHUNK_LENGTH, ChunkSource } from './chunk-source.js';
import type { FrameSource, OutgoingFrame } from './frame-source.js';
import { cutText } from './text-pieces.js';

/** How many frames may be on their way in chunks on one socket at the same time, of those that share these. */
export class ChunkSlots {
  private taken = 0;
  private ids = 0;

  /** @param maxLength UTF-16 units of a frame that the peer joins; larger ones go whole, so that it sees what it refuses */
  constructor(
    private readonly slots: number,
    readonly maxLength: number = Infinity,
  ) {}

  /** @returns the id to send it under; undefined when all are taken */
  take(): string | undefined {
    if (this.taken >= this.slots) return undefined;
    this.taken++;
    return `c${++this.ids}`;
  }

  free(): void {
    this.taken--;
  }
}

/**
 * Sends what another source gives, large frames of it in chunks, so that other sources of the channel come in between. Within
 * the source the order stays: what follows a large frame waits until the last of it has left.
 */
export class ChunkingSource implements FrameSource {
  private chunks: ChunkSource | undefined;
  /** Large, and waiting until it may begin. */
  private waiting: OutgoingFrame | undefined;

  /** @param slots of the socket; whoever waits for one is asked again as long as anything is sent there */
  constructor(
    private readonly source: FrameSource,
    private readonly slots: ChunkSlots,
    private readonly pieceLength: number = CHUNK_LENGTH,
  ) {}

  get idle(): boolean {
    return !this.chunks && !this.waiting && this.source.idle === true;
  }

  next(): OutgoingFrame | undefined {
    if (!this.chunks) {
      const frame = this.waiting ?? this.source.next();
      if (!frame || frame.text.length <= LARGE_FRAME_LENGTH || frame.text.length > this.slots.maxLength) return frame;
      this.waiting = frame;
      const id = this.slots.take();
      if (id === undefined) return undefined;
      this.waiting = undefined;
      this.chunks = this.begin(id, frame);
    }
    return this.chunks.next();
  }

  private begin(id: string, { text, confirmed, givenUp }: OutgoingFrame): ChunkSource {
    const done = (): void => {
      this.chunks = undefined;
      this.slots.free();
    };
    return new ChunkSource(cutText(text, this.pieceLength), { id, done, confirmed, givenUp });
  }
}
