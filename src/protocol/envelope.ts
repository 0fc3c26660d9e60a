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
