import { randomUUID } from 'node:crypto';
import type { Journal } from '../../../../journal/index.js';
import type { Runtime } from '../../../../protocol/index.js';
import { type HistoryStream, WrongSequenceError } from './history-stream.js';
import { partsOf } from './message-parts.js';
import { encodeRecord, type RecordedEpoch, type RuntimeRecord } from './runtime-record.js';

/** What a cache says of a runtime, as far as the stream has it. @param sent position of the newest entry that it has */
export function recordedNames(
  cache: Journal,
  runtime: Runtime,
  sent: number,
): Pick<RuntimeRecord, 'epochs' | 'oldest'> {
  const [newest] = cache.read(runtime, Math.max(0, sent - 1), 1);
  const spans = cache.epochs(runtime);
  // Later epochs are not in the stream yet. An entry beyond is the first that is kept.
  const end = newest ? spans.findIndex(({ epoch }) => epoch === newest.epoch) : spans.length - 1;
  const through = newest && (newest.position > sent ? newest.seq - 1 : newest.through);
  const known = spans
    .slice(0, end + 1)
    .map((span) => (span.epoch === newest?.epoch ? { ...span, last: through ?? span.last } : span))
    .filter(({ first, last }) => first <= last);
  const oldest = known.find(({ kept, last }) => kept <= last);
  return {
    epochs: known.map(({ epoch, first, last }): RecordedEpoch => ({ epoch, first, last })),
    oldest: oldest && { epoch: oldest.epoch, seq: oldest.kept },
  };
}

/** Writes the records of one runtime: a newer one in place of an older one, which goes when the newer one is whole. */
export class RecordWriter {
  private readonly name = randomUUID();
  private written = 0;

  /** @param sequence of the newest message on the subject; 0: there is none */
  constructor(
    private readonly records: HistoryStream,
    private readonly subject: string,
    private readonly term: number,
    private sequence: number,
  ) {}

  /** @returns whether it is written; not where a home with a higher term has written one */
  async write(record: RuntimeRecord): Promise<boolean> {
    for (;;) {
      try {
        const first = await this.publish(encodeRecord(record));
        await this.records.purge(this.subject, first);
        return true;
      } catch (error) {
        if (!(error instanceof WrongSequenceError)) throw error;
        const last = await this.records.last(this.subject);
        if (last?.label && last.label.term > this.term) return false;
        this.sequence = last?.sequence ?? 0;
      }
    }
  }

  /** @returns sequence of its first part */
  private async publish(body: Uint8Array): Promise<number> {
    const { records, subject, term } = this;
    const parts = partsOf(body, records.maxMessageBytes);
    const sequences: number[] = [];
    const number = ++this.written;
    for (const [index, data] of parts.entries()) {
      const label = { term, part: index + 1, parts: parts.length };
      const id = `${this.name}:${number}:${label.part}`;
      this.sequence = await records.publish({ subject, id, label, data }, this.sequence);
      sequences.push(this.sequence);
    }
    return sequences[0] ?? this.sequence;
  }
}
