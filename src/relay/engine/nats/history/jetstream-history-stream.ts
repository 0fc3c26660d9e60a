import {
  AckPolicy,
  DeliverPolicy,
  JetStreamApiCodes,
  JetStreamApiError,
  type JetStreamClient,
  type JetStreamManager,
  type MsgRequest,
} from '@nats-io/jetstream';
import { headers, type MsgHdrs, type NatsConnection as CoreConnection } from '@nats-io/transport-node';
import {
  type HistoryStream,
  type NewMessage,
  type ReadFrom,
  type StoredMessage,
  WrongSequenceError,
} from './history-stream.js';
import { decodeLabel, encodeLabel } from './message-parts.js';
import { StreamReader } from './stream-reader.js';
import { Turnstile } from './turnstile.js';

/** What is stored beside the data: names, a label, how the server finds what came twice. */
const HEADER_BYTES = 8 * 1024;
const LABEL = 'Twinlane-Part';
/** Questions for newest messages that one node asks at the same time: after NATS was away there is one for each runtime. */
const LAST_AT_ONCE = 64;
/** A reader that was killed is forgotten after this time, in ns. */
const READER_GONE_NS = 60 * 1e9;

/** What it needs of the connection to NATS. */
export interface JetStreamLink {
  readonly core: CoreConnection;
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

  last(subject: string): Promise<StoredMessage | undefined> {
    return this.lookUp({ last_by_subj: subject });
  }

  get(sequence: number): Promise<StoredMessage | undefined> {
    return this.lookUp({ seq: sequence });
  }

  async purge(subject: string, below?: number): Promise<void> {
    const upTo = below === undefined ? {} : { seq: below };
    await this.link.ask(() => this.link.manager.streams.purge(this.name, { filter: subject, ...upTo }));
  }

  async subjects(filter: string): Promise<ReadonlyMap<string, number>> {
    const { streams } = this.link.manager;
    const { state } = await this.link.ask(() => streams.info(this.name, { subjects_filter: filter }));
    return new Map(Object.entries(state.subjects ?? {}));
  }

  async *read(filter: string, { from = 1, through = 0 }: ReadFrom = {}): AsyncIterable<StoredMessage> {
    const { consumers } = this.link.manager;
    const { name, num_pending: waiting } = await this.link.ask(() =>
      consumers.add(this.name, {
        ack_policy: AckPolicy.None,
        deliver_policy: DeliverPolicy.StartSequence,
        opt_start_seq: from,
        filter_subject: filter,
        inactive_threshold: READER_GONE_NS,
        mem_storage: true,
        num_replicas: 1,
      }),
    );
    try {
      const reader = new StreamReader(this.link.core, this.name, name, through);
      for await (const { message, sequence, at } of reader.read(waiting)) {
        const { subject, headers: found, data } = message;
        yield { subject, sequence, at, label: labelOf(found), data };
      }
    } finally {
      // Nobody waits for that.
      void consumers.delete(this.name, name).catch(isGone);
    }
  }

  /** Whoever leads the stream answers. */
  private async lookUp(wanted: MsgRequest): Promise<StoredMessage | undefined> {
    const { streams } = this.link.manager;
    const found = await this.lookups.pass(() => this.link.ask(() => streams.getMessage(this.name, wanted)));
    if (!found) return undefined;
    const { subject, seq: sequence, data, time, header } = found;
    return { subject, sequence, at: time.getTime(), label: labelOf(header), data };
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
