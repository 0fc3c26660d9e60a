import {
  isRecord,
  readEnvelope,
  type Envelope,
  type EventPayloads,
  type EventType,
  type Frame,
  type Runtime,
} from '../protocol/index.js';

/**
 * An event as a client receives it. What a new subscriber is shown of the past says `replayed` and has no number
 * (protocol section 4).
 */
export type EventFrame<T extends EventType> = Frame & { readonly type: T } & EventPayloads[T] &
  Partial<Omit<Envelope, 'runtime'>> & { readonly runtime: Runtime; readonly replayed?: true };

/** Events that this client will never see. */
export interface GapFrame extends Frame {
  readonly type: 'resume_gap';
  readonly runtime: Runtime;
  readonly event_epoch: string;
  /** First number missing. */
  readonly from: number;
  /** Last number missing; null: all to the end of that epoch, and perhaps more. */
  readonly to: number | null;
}

/** What a payload holds, whoever sent it: readers who trust in the type walk into it. A team's own events need nothing. */
const PAYLOADS: ReadonlyMap<string, (frame: Frame) => boolean> = new Map([
  ['stream_delta', ({ delta }: Frame) => isRecord(delta)],
  ['update_device_status', ({ device_status: status }) => isRecord(status)],
  ['update_loop_status', ({ loop_status: status }) => isRecord(status) && isLoopStatus(status)],
  ['update_queue', ({ queue, removed }) => isListOf(queue, isRecord) && isListOf(removed, isRecord)],
  ['update_subagent_state', ({ subagents }) => Array.isArray(subagents)],
  ['turn_finished', ({ stop_reason: reason }) => isText(reason)],
  ['control_request', ({ request_id: id, request }) => isText(id) && isRecord(request)],
  ['control_request_resolved', ({ request_id: id }) => isText(id)],
]);

function isLoopStatus({ active_run_ids: active, client_message_ids_by_run_id: served = {} }: Record<string, unknown>) {
  return isTexts(active) && isRecord(served) && Object.values(served).every(isTexts);
}

function isListOf(value: unknown, isOne: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(isOne);
}

function isText(value: unknown): boolean {
  return typeof value === 'string';
}

function isTexts(value: unknown): boolean {
  return isListOf(value, isText);
}

/** Narrows a frame of `events()` to one type of event. One whose payload is not what its type says is none. */
export function isEvent<T extends EventType>(frame: Frame, type: T): frame is EventFrame<T> {
  return frame.type === type && (PAYLOADS.get(type)?.(frame) ?? true) && readEnvelope(frame) !== undefined;
}

/** Whether a frame of `events()` stands for events that were lost. */
export function isGap(frame: Frame): frame is GapFrame {
  return frame.type === 'resume_gap' && isRecord(frame['runtime']) && typeof frame['from'] === 'number';
}

/** Whether a frame was shown as part of the past. */
export function isReplayed(frame: Frame): boolean {
  return frame['replayed'] === true;
}
