import { randomUUID } from 'node:crypto';
import type { JournalEntry } from '../../../../journal/index.js';
import type { Runtime } from '../../../../protocol/index.js';
import { encodeBatch } from './history-batch.js';
import { partsOf } from './message-parts.js';
import type { RuntimeStreamHost } from './runtime-stream.host.js';
import type { StreamMark } from './stream-marks.js';
import type { UnacknowledgedEntries } from './unacknowledged-entries.js';

type Host = Pick<RuntimeStreamHost, 'events' | 'term' | 'clock' | 'published'>;

/** Writes the events of one runtime: a batch in one message or more, each told which message must be the newest before it. */
export class BatchWriter {
  /** Apart from every other writer on this subject: what a removed runtime had may come again. */
  private name = randomUUID();

  /** @param sequence of the newest message with its events */
  constructor(
    private readonly host: Host,
    private readonly runtime: Runtime,
    private readonly subject: string,
    public sequence: number,
  ) {}

  /** Nor must the stream take what it has let go of for what it has. */
  rename(): void {
    this.name = randomUUID();
  }

  /**
   * @param entries of one epoch
   * @param isOver whether nothing more may go into the stream
   * @returns where the batch lies; undefined where it was over before all of it was there
   * @throws WrongSequenceError
   */
  async write(
    entries: readonly JournalEntry[],
    unacknowledged: UnacknowledgedEntries,
    isOver: () => boolean,
  ): Promise<StreamMark | undefined> {
    const [head, tail] = [entries[0], entries.at(-1)];
    if (!head || !tail) return undefined;
    const { runtime, subject } = this;
    const { events, term, clock } = this.host;
    const { epoch, seq: first } = head;
    const last = tail.through;
    const body = encodeBatch({ runtime, epoch, entries: entries.map((entry) => unacknowledged.stored(entry)) });
    const parts = partsOf(body, events.maxMessageBytes);
    const sequences: number[] = [];
    const begun = clock.elapsed();
    for (const [index, data] of parts.entries()) {
      const label = { term, part: index + 1, parts: parts.length, events: { epoch, first, last } };
      const id = `${subject}:${this.name}:${JSON.stringify(epoch)}:${first}-${last}:${label.part}`;
      const sequence = await events.publish({ subject, id, label, data }, this.sequence);
      if (isOver()) return undefined;
      // A part that was stored before keeps its sequence.
      this.sequence = Math.max(this.sequence, sequence);
      sequences.push(sequence);
    }
    this.host.published(entries.length, body.length, clock.elapsed() - begun);
    const [from = this.sequence] = sequences;
    return { first: from, sequence: sequences.at(-1) ?? from, position: tail.position, term };
  }
}
