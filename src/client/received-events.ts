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

/** The fields that tell an event's payload from a frame that only has its type; a team's own events need none. */
const PAYLOAD_FIELD: Readonly<Record<string, string>> = {
  stream_delta: 'delta',
  update_device_status: 'device_status',
  update_loop_status: 'loop_status',
  update_queue: 'queue',
  update_subagent_state: 'subagents',
  turn_finished: 'stop_reason',
  control_request: 'request',
  control_request_resolved: 'request_id',
};

/** Narrows a frame of `events()` to one type of event. */
export function isEvent<T extends EventType>(frame: Frame, type: T): frame is EventFrame<T> {
  const field = PAYLOAD_FIELD[type];
  const isWhole = field === undefined || frame[field] !== undefined;
  return frame.type === type && isWhole && readEnvelope(frame) !== undefined;
}

/** Whether a frame of `events()` stands for events that were lost. */
export function isGap(frame: Frame): frame is GapFrame {
  return frame.type === 'resume_gap' && isRecord(frame['runtime']) && typeof frame['from'] === 'number';
}

/** Whether a frame was shown as part of the past. */
export function isReplayed(frame: Frame): boolean {
  return frame['replayed'] === true;
}
