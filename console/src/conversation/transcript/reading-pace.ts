import type { EventCursor } from 'twinlane/client';
import { readEnvelope, type Clock, type Frame, type Timer } from 'twinlane/protocol';
import type { Scheduler } from './item-list.js';

/** While the past is read it is drawn this often, in ms: it goes by faster than anybody reads, and drawing it would keep it waiting. */
const EVERY_MS = 200;
/** Fewer frames between two drawings are no past that goes by. */
const FEW = 50;

/** When a transcript is drawn: with each picture, but now and then only while its past is read. */
export class ReadingPace {
  private isReading = true;
  private waiting: { readonly draw: () => void; readonly timer: Timer } | undefined;
  private frames = 0;

  /** @param head the newest event of the past, as far as it is known when a frame comes; undefined: there is no past */
  constructor(
    private readonly clock: Clock,
    private readonly picture: Scheduler,
    private readonly head: () => EventCursor | undefined,
  ) {}

  /** Hears of each frame before it is taken. */
  take(frame: Frame): void {
    if (!this.isReading) return;
    this.frames++;
    const head = this.head();
    const { epoch, seq = 0 } = readEnvelope(frame) ?? {};
    if (!head || (epoch === head.epoch && seq >= head.seq)) this.end();
  }

  readonly schedule: Scheduler = (draw) => {
    if (!this.isReading) return this.picture(draw);
    this.waiting = { draw, timer: this.clock.after(EVERY_MS, () => this.look(draw)) };
  };

  private look(draw: () => void): void {
    // The newest event may never come: what was retained may have moved on meanwhile.
    if (this.frames < FEW) this.isReading = false;
    this.frames = 0;
    this.waiting = undefined;
    this.picture(draw);
  }

  private end(): void {
    this.isReading = false;
    this.waiting?.timer.cancel();
    if (this.waiting) this.picture(this.waiting.draw);
    this.waiting = undefined;
  }
}
