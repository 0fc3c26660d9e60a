import { nanos } from '@nats-io/transport-node';
import { randomBytes } from 'node:crypto';
import type { AuditEntry, AuditPage, Clock } from '../../../../protocol/index.js';
import { readEntry } from '../../../audit/audit-entry.js';
import { AuditLog, fits, type AuditQuery } from '../../../audit/audit.log.js';
import type { AuditOptions } from '../../../audit/audit.options.js';
import { AuditWriter, type AuditLogObserver } from '../../../audit/audit-writer.js';
import { RelayError } from '../../../relay.error.js';
import { keyPart } from './kv-key.js';
import type { NatsConnection } from '../connection/nats-connection.js';

const STREAM = 'TWINLANE_AUDIT';
const SUBJECT = 'twinlane.audit';
/** Bytes of lines in one message; NATS takes 1 MiB by default. */
const BATCH_BYTES = 128 * 1_024;
/** Messages that are read at once for one page. */
const READ_AT_ONCE = 8;
/** Bytes that are read for one page: what nothing of fits costs no more, and the next page goes on from there. */
const PAGE_BYTES = 4 * 1_024 * 1_024;
/** A message that is sent again within this time, in ms, is known. */
const RESENT_WITHIN_MS = 60 * 60 * 1_000;
const CURSOR = /^(\d{1,15})\.(\d{1,9})$/;
const WRITER_BYTES = 8;

/**
 * Keeps entries of all nodes in one stream, some in each message, in the order in which NATS took them; it drops the oldest by age and by
 * bytes (`maxFileBytes` times `maxFiles`). Entries that a node had not written before a `kill -9` are missing, as in files.
 */
export class JetStreamAuditLog extends AuditLog {
  private readonly writer: AuditWriter;
  private readonly subject: string;
  /** Names what this writes: a message that NATS has taken already, without saying so in time, counts once. */
  private readonly name = randomBytes(WRITER_BYTES).toString('hex');
  private written = 0;
  /** Lines of the message that is being sent, or could not be: it is sent again as it was. */
  private sending = 0;

  private constructor(
    private readonly connection: NatsConnection,
    node: string,
    clock: Clock,
    private readonly observer: AuditLogObserver,
    private readonly pageBytes: number,
  ) {
    super();
    this.subject = `${SUBJECT}.${keyPart(node)}`;
    const advice = 'See to NATS';
    this.writer = new AuditWriter({ advice, append: (lines) => this.append(lines) }, clock, observer);
  }

  /**
   * @param node its name
   * @throws NatsError when the stream cannot be made
   */
  static async open(
    connection: NatsConnection,
    node: string,
    { maxAgeMs, maxFileBytes, maxFiles }: AuditOptions,
    clock: Clock,
    observer: AuditLogObserver,
    pageBytes: number = PAGE_BYTES,
  ): Promise<JetStreamAuditLog> {
    await connection.stream({
      name: STREAM,
      subjects: [`${SUBJECT}.*`],
      max_age: nanos(maxAgeMs),
      duplicate_window: nanos(Math.min(RESENT_WITHIN_MS, maxAgeMs)),
      max_bytes: maxFileBytes * maxFiles,
    });
    return new JetStreamAuditLog(connection, node, clock, observer, pageBytes);
  }

  get isKept(): boolean {
    return this.writer.isKept;
  }

  record(entry: AuditEntry): void {
    const line = JSON.stringify(entry);
    // No message would ever take it, and all others would wait behind it.
    if (Buffer.byteLength(line) > BATCH_BYTES) this.observer.lost(1);
    else this.writer.record(line);
  }

  /** @throws RelayError ENGINE_AWAY too */
  async list(query: AuditQuery): Promise<AuditPage> {
    const from = readCursor(query.before);
    await this.writer.settled();
    try {
      return await this.read(query, from);
    } catch (cause) {
      throw new RelayError('ENGINE_AWAY', undefined, { cause });
    }
  }

  async close(): Promise<void> {
    await this.writer.close();
  }

  /** Messages from the newest on, and the lines of each from its end. */
  private async read(query: AuditQuery, from: Cursor | undefined): Promise<AuditPage> {
    const { state } = await this.connection.ask(() => this.connection.manager.streams.info(STREAM));
    const first = Math.max(1, state.first_seq);
    const entries: AuditEntry[] = [];
    let left = this.pageBytes;
    for (let last = Math.min(from?.seq ?? state.last_seq, state.last_seq); last >= first; last -= READ_AT_ONCE) {
      const seqs = Array.from({ length: Math.min(READ_AT_ONCE, last - first + 1) }, (_, index) => last - index);
      for (const { seq, takenAt, lines } of await Promise.all(seqs.map((one) => this.message(one)))) {
        // What was taken before that happened before that.
        if (query.from !== undefined && takenAt < query.from) return { entries, next: null };
        for (const [index, line] of [...lines.entries()].toReversed()) {
          left -= line.length;
          if (from?.seq === seq && index >= from.index) continue;
          const entry = readEntry(line);
          if (entry && fits(entry, query)) entries.push(entry);
          if (entries.length === query.limit) return { entries, next: `${seq}.${index}` };
        }
        if (left < 0) return { entries, next: `${seq}.0` };
      }
    }
    return { entries, next: null };
  }

  private async message(seq: number): Promise<Taken> {
    const message = await this.connection.ask(() => this.connection.manager.streams.getMessage(STREAM, { seq }));
    // One that has just been dropped holds nothing.
    if (!message) return { seq, takenAt: Infinity, lines: [] };
    return { seq, takenAt: message.time.getTime(), lines: message.string().split('\n') };
  }

  private async append(lines: readonly string[]): Promise<number> {
    this.sending ||= firstBatch(lines);
    const batch = lines.slice(0, this.sending);
    const msgID = `${this.name}:${this.written}`;
    await this.connection.ask(() => this.connection.jetstream.publish(this.subject, batch.join('\n'), { msgID }));
    this.written++;
    this.sending = 0;
    return batch.length;
  }
}

/** A message as NATS took it. */
interface Taken {
  readonly seq: number;
  /** Epoch ms. */
  readonly takenAt: number;
  readonly lines: readonly string[];
}

/** Before this line of this message. */
interface Cursor {
  readonly seq: number;
  readonly index: number;
}

/** Lines that one message takes. */
function firstBatch(lines: readonly string[]): number {
  let bytes = 0;
  const end = lines.findIndex((line) => (bytes += Buffer.byteLength(line) + 1) > BATCH_BYTES);
  return end < 0 ? lines.length : Math.max(1, end);
}

function readCursor(before: string | undefined): Cursor | undefined {
  if (before === undefined) return undefined;
  const [, seq, index] = CURSOR.exec(before) ?? [];
  if (seq === undefined || index === undefined)
    throw new RelayError('BAD_REQUEST', 'before must be the next of a page.');
  return { seq: Number(seq), index: Number(index) };
}
