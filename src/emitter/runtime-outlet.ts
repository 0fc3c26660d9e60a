import type { ChunkSlots, EventPlace } from '../channel/index.js';
import type { OpenLink } from '../transport/index.js';
import { JournalLog } from './journal-log.js';
import { type OutletContext, PlainOutlet } from './plain-outlet.js';
import { ResumableOutlet } from './resumable-outlet.js';
import type { RuntimeWriter } from './runtime-writer.js';

/** One runtime's way out of the journal, over any number of links of either kind. */
export class RuntimeOutlet {
  private readonly log: JournalLog;
  private readonly plain: PlainOutlet;
  private resumable: ResumableOutlet | undefined;
  /** The server is responsible for everything up to here. */
  private safe: number;
  private committing = false;

  constructor(
    readonly writer: RuntimeWriter,
    private readonly context: OutletContext,
  ) {
    const { runtime } = writer;
    this.log = new JournalLog(runtime, context.journal);
    this.safe = context.journal.released(runtime);
    this.plain = new PlainOutlet(writer, this.safe, context, (position) => this.becameSafe(position));
  }

  /** Whether every event has reached the peer. */
  get settled(): boolean {
    return this.resumable ? !this.writer.waiting && this.safe >= this.log.head : this.plain.settled;
  }

  /** @param slots of this link, where the server takes large events in chunks */
  linkUp(link: OpenLink, slots?: ChunkSlots): void {
    this.writer.lead.linkUp();
    if (!link.shape.resumable) return this.plain.linkUp(link, this.safe);
    this.resumable = new ResumableOutlet(this.writer, this.log, link, slots, this.safe, (position) => {
      this.becameSafe(position);
    });
    this.wake();
  }

  linkDown(): void {
    this.writer.lead.linkDown();
    this.resumable = undefined;
    this.plain.linkDown();
  }

  /** Something was appended: it may be sent as soon as it is committed. */
  appended(): void {
    this.wake();
    if (this.committing) return;
    this.committing = true;
    const { head } = this.log;
    const look = (): void => {
      this.committing = false;
      if (this.log.head > head) this.appended();
      else this.wake();
    };
    // What cannot be committed is not readable either: there is nothing to send then.
    this.context.journal.committed(this.writer.runtime, head).then(look, look);
  }

  /** There may be something to send. */
  wake(): void {
    if (this.resumable) this.resumable.wake();
    else this.plain.wake();
  }

  /** The server asks to go on after this event. @returns false when it cannot: another link, or an unknown epoch */
  rewind(place: EventPlace): boolean {
    return this.resumable?.rewind(place) ?? false;
  }

  private becameSafe(position: number): void {
    if (position <= this.safe) return;
    this.safe = position;
    this.context.journal.release(this.writer.runtime, position);
  }
}
