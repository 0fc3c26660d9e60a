import { encodeFrame, type Frame, type NumberRange, type Runtime } from '../../protocol/index.js';

/** A frame without some of its fields. */
export function without(frame: Frame, ...fields: readonly string[]): Frame {
  const rest: Record<string, unknown> = { ...frame };
  for (const field of fields) delete rest[field];
  return rest as Frame;
}

/** The fields of an envelope, in the order they are sent. */
const ENVELOPE = ['runtime', 'event_epoch', 'event_seq', 'emitted_at', 'idempotency_key', 'replayed'];

/**
 * An event as it is shown to whoever was not there (protocol section 4): marked, and without the two halves of its name,
 * because it takes no place in what this client follows. Its `idempotency_key` stays: a client that has seen the event
 * may know it by that.
 */
export function replayText(text: string): string {
  const frame = without(JSON.parse(text) as Frame, 'event_seq', 'event_epoch');
  return encodeFrame({ ...frame, ...(frame.type === 'update_queue' ? { removed: [] } : {}), replayed: true });
}

/** What a client that may not approve gets in place of a `control_request`: its envelope alone. */
export function withheldText(text: string): string {
  const frame = JSON.parse(text) as Frame;
  const envelope = ENVELOPE.filter((field) => field in frame).map((field) => [field, frame[field]]);
  return encodeFrame({ type: 'control_request_withheld', ...(Object.fromEntries(envelope) as object) });
}

/** Tells a client what it will never see (protocol section 3). */
export function gapText(runtime: Runtime, { epoch, from, to }: NumberRange): string {
  return encodeFrame({ type: 'resume_gap', runtime, event_epoch: epoch, from, to });
}
