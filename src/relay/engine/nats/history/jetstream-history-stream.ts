import {
  AckPolicy,
  DeliverPolicy,
  JetStreamApiCodes,
  JetStreamApiError,
  type JetStreamClient,
  type JetStreamManager,
} from '@nats-io/jetstream';
import { headers, type MsgHdrs } from '@nats-io/transport-node';
import { type HistoryStream, type NewMessage, type StoredMessage, WrongSequenceError } from './history-stream.js';
import { decodeLabel, encodeLabel } from './message-parts.js';
import { Turnstile } from './turnstile.js';

/** What is stored beside the data: names, a label, how the server finds what came twice. */
const HEADER_BYTES = 8 * 1024;
const LABEL = 'Twinlane-Part';
/** Messages that the server sends in one go: it lets go of a connection that is 64 MiB behind. */
const READ_MESSAGES = 32;
/** ms that a server waits for a message that was there when it counted. */
const READ_MS = 5_000;
/** Questions for newest messages that one node asks at the same time: after NATS was away there is one for each runtime. */
const LAST_AT_ONCE = 64;
/** A reader that was killed is forgotten after this time, in ns. */
const READER_GONE_NS = 60 * 1e9;

/** What it needs of the connection to NATS. */
export interface JetStreamLink {
  readonly jetstream: JetStreamClient;
  readonly manager: JetStreamManager;
  /** Bytes of one message, headers included. */
  readonly maxPayload: number;
  /** Fails at once when NATS is away, or goes away meanwhile. */
  ask<T>(work: () => Promise<T>): Promise<T>;
}

/** A stream of JetStream; it must be there. */
export class JetStreamHistoryStream implements HistoryStream {
  private readonly lookups = new Turnstile(LAST_AT_ONCE);

  constructor(
    private readonly link: JetStreamLink,
    private readonly name: string,
  ) {}

  get maxMessageBytes(): number {
    return Math.max(1, this.link.maxPayload - HEADER_BYTES);
  }

  async publish({ subject, id, label, data }: NewMessage, after: number): Promise<number> {
    const labelled = headers();
    labelled.set(LABEL, encodeLabel(label));
    try {
      const expect = { streamName: this.name, lastSubjectSequence: after };
      const { seq } = await this.link.ask(() =>
        this.link.jetstream.publish(subject, data, { msgID: id, headers: labelled, expect }),
      );
      return seq;
    } catch (error) {
      throw isWrongSequence(error) ? new WrongSequenceError(subject, { cause: error }) : error;
    }
  }

  async last(subject: string): Promise<StoredMessage | undefined> {
    const { streams } = this.link.manager;
    const found = await this.lookups.pass(() =>
      this.link.ask(() => streams.getMessage(this.name, { last_by_subj: subject })),
    );
    if (!found) return undefined;
    const { seq: sequence, data, time, header } = found;
    return { subject, sequence, at: time.getTime(), label: labelOf(header), data };
  }

  async purge(subject: string, below?: number): Promise<void> {
    const upTo = below === undefined ? {} : { seq: below };
    await this.link.ask(() => this.link.manager.streams.purge(this.name, { filter: subject, ...upTo }));
  }

  async subjects(filter: string): Promise<ReadonlySet<string>> {
    const { streams } = this.link.manager;
    const { state } = await this.link.ask(() => streams.info(this.name, { subjects_filter: filter }));
    return new Set(Object.keys(state.subjects ?? {}));
  }

  async *read(filter: string): AsyncIterable<StoredMessage> {
    const { consumers } = this.link.manager;
    const { name, num_pending: waiting } = await consumers.add(this.name, {
      ack_policy: AckPolicy.None,
      deliver_policy: DeliverPolicy.All,
      filter_subject: filter,
      inactive_threshold: READER_GONE_NS,
      mem_storage: true,
      num_replicas: 1,
    });
    try {
      let left = waiting;
      let delivered = 0;
      while (left > 0) {
        const reader = await this.link.jetstream.consumers.get(this.name, name);
        const messages = await reader.fetch({ max_messages: Math.min(left, READ_MESSAGES), expires: READ_MS });
        for await (const { subject, seq: sequence, info, time, headers: found, data } of messages) {
          if (info.deliverySequence !== ++delivered)
            throw new Error(`Messages of ${this.name} were lost on their way.`);
          left = info.pending;
          yield { subject, sequence, at: time.getTime(), label: labelOf(found), data };
        }
        // Where fewer came, the others went meanwhile; or the connection.
        if (left > 0) left = (await consumers.info(this.name, name)).num_pending;
      }
    } finally {
      await consumers.delete(this.name, name).catch(isGone);
    }
  }
}

/** The server forgets it by itself. */
function isGone(): void {}

function labelOf(found: MsgHdrs | undefined): StoredMessage['label'] {
  return decodeLabel(found?.get(LABEL) ?? '');
}

function isWrongSequence(error: unknown): boolean {
  const codes: readonly number[] = [
    JetStreamApiCodes.StreamWrongLastSequence,
    JetStreamApiCodes.StreamWrongLastSequenceUnknown,
  ];
  if (error instanceof JetStreamApiError) return codes.includes(error.code);
  return error instanceof Error && isWrongSequence(error.cause);
}
