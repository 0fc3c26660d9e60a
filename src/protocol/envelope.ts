import { encodeFrame } from './codec.js';
import type { EventName } from './events.js';
import type { Frame } from './frames.js';
import { readRuntime, type Runtime } from './runtime.js';

/** The envelope of an event: on one level with the payload (protocol section 3). */
export interface Envelope {
  readonly runtime: Runtime;
  readonly event_epoch: string;
  readonly event_seq: number;
  /** ISO 8601. */
  readonly emitted_at: string;
  readonly idempotency_key: string;
}

const ENVELOPE_FIELDS: readonly (keyof Envelope)[] = [
  'runtime',
  'event_epoch',
  'event_seq',
  'emitted_at',
  'idempotency_key',
];

/**
 * Puts the envelope around a payload.
 *
 * @param runtimeHash 6 hex digits of SHA-256 over the runtime: two runtimes never share a key.
 */
export function sealEvent(
  type: string,
  payload: object,
  name: EventName,
  emittedAt: string,
  runtimeHash: string,
): Frame & Envelope {
  return {
    type,
    ...payload,
    runtime: name.runtime,
    event_epoch: name.epoch,
    event_seq: name.seq,
    emitted_at: emittedAt,
    idempotency_key: `${type}:${name.seq}:${name.epoch}:${runtimeHash}`,
  };
}

/** Seals the events of one runtime and one epoch as text: what all of them share is encoded once. */
export class EventSealer {
  private readonly place: string;
  private readonly keyEnd: string;
  private at = Number.NaN;
  private emittedAt = '';

  /** @param runtimeHash as for `sealEvent` */
  constructor(
    private readonly runtime: Runtime,
    private readonly epoch: string,
    private readonly runtimeHash: string,
  ) {
    this.place = `,"runtime":${encodeFrame(runtime)},"event_epoch":${JSON.stringify(epoch)},"event_seq":`;
    this.keyEnd = JSON.stringify(`:${epoch}:${runtimeHash}`).slice(1);
  }

  /**
   * The envelope around a payload.
   *
   * @param now epoch ms
   */
  seal(type: string, payload: object, seq: number, now: number): Frame & Envelope {
    const { runtime, epoch, runtimeHash } = this;
    return sealEvent(type, payload, { runtime, epoch, seq }, this.timeOf(now), runtimeHash);
  }

  /** What encoding `seal` gives, for less. */
  encode(type: string, payload: object, seq: number, now: number): string {
    if (ENVELOPE_FIELDS.some((field) => field in payload)) return encodeFrame(this.seal(type, payload, seq, now));
    const open = encodeFrame({ type, ...payload }).slice(0, -1);
    const key = `${JSON.stringify(type).slice(0, -1)}:${seq}${this.keyEnd}`;
    return `${open}${this.place}${seq},"emitted_at":"${this.timeOf(now)}","idempotency_key":${key}}`;
  }

  /** Many events have the same time. */
  private timeOf(now: number): string {
    if (now !== this.at) this.emittedAt = new Date(now).toISOString();
    this.at = now;
    return this.emittedAt;
  }
}

/** What a receiver reads of an envelope. Stock devices number their events but name no epoch. */
export interface ReceivedEnvelope {
  readonly runtime: Runtime;
  readonly epoch: string | undefined;
  readonly seq: number | undefined;
}

/** Reads the envelope of a frame; undefined when the frame names no runtime and so can be no event. */
export function readEnvelope(frame: Readonly<Record<string, unknown>>): ReceivedEnvelope | undefined {
  const runtime = readRuntime(frame['runtime']);
  if (!runtime) return undefined;
  const { event_epoch: epoch, event_seq: seq } = frame;
  return {
    runtime,
    epoch: typeof epoch === 'string' && epoch !== '' ? epoch : undefined,
    seq: typeof seq === 'number' && Number.isSafeInteger(seq) && seq >= 0 ? seq : undefined,
  };
}
