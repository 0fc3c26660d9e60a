import type { Runtime } from './runtime.js';

/** `delta.message_type` values that Twinlane itself emits; others pass through unchanged. */
export type DeltaType =
  | 'user_message'
  | 'assistant_message'
  | 'reasoning_message'
  | 'tool_call_message'
  | 'tool_return_message'
  | 'stop_reason'
  | 'usage_statistics'
  | 'client_tool_start'
  | 'client_tool_end'
  | 'slash_command_start'
  | 'slash_command_end'
  | 'status'
  | 'retry'
  | 'loop_error'
  | (string & {});

/** What a `stream_delta` carries. */
export interface Delta {
  readonly message_type: DeltaType;
  readonly id?: string;
  readonly date?: string;
  readonly run_id?: string;
  readonly [field: string]: unknown;
}

/** What a runtime is doing. */
export type LoopState =
  | 'SENDING_API_REQUEST'
  | 'WAITING_FOR_API_RESPONSE'
  | 'RETRYING_API_REQUEST'
  | 'PROCESSING_API_RESPONSE'
  | 'EXECUTING_CLIENT_SIDE_TOOL'
  | 'EXECUTING_COMMAND'
  | 'WAITING_ON_APPROVAL'
  | 'WAITING_ON_INPUT';

/** What a runtime is doing, and which runs it serves. */
export interface LoopStatus {
  readonly status: LoopState;
  readonly active_run_ids: readonly string[];
  readonly executing_tool_call_ids: readonly string[];
  readonly client_message_ids_by_run_id?: Readonly<Record<string, readonly string[]>>;
}

/** Permission modes of the protocol, from the least cautious to the most; a device refuses by name what is none of them. */
export const PERMISSION_MODES = ['unrestricted', 'acceptEdits', 'standard', 'strict'] as const;
export type PermissionMode = (typeof PERMISSION_MODES)[number];

/** How the repository of a directory is. All but the first two are ours. */
export interface GitContext {
  /** Where it is detached, the begin of the commit. */
  readonly branch: string;
  /** Other local branches, those worked on last first. */
  readonly recent_branches: readonly string[];
  readonly detached?: boolean;
  /** Files that differ from the last commit. */
  readonly changed?: number;
  /** Files and directories that git does not know. */
  readonly untracked?: number;
  /** Commits that the branch it follows does not have. */
  readonly ahead?: number;
  /** Commits of the branch it follows that it does not have. */
  readonly behind?: number;
}

/** The device as one runtime sees it. */
export interface DeviceStatus {
  readonly current_connection_id: string | null;
  readonly connection_name: string;
  readonly is_online: boolean;
  readonly is_processing: boolean;
  readonly current_permission_mode: PermissionMode;
  readonly current_working_directory: string;
  /** Null outside of repositories, and before it was read. */
  readonly git_context: GitContext | null;
  readonly [field: string]: unknown;
}

/** Why a turn ended. `denied`: a person refused what it needed. `requires_approval` is the one `stop_reason` delta that ends none. */
export type StopReason = 'end_turn' | 'error' | 'cancelled' | 'denied' | 'requires_approval' | (string & {});

/** An input that waits for its turn. */
export interface QueueItem {
  readonly id: string;
  readonly client_message_id?: string;
  readonly kind: string;
  readonly content: unknown;
  readonly enqueued_at: string;
}

/** An input that left the queue, and why. */
export interface RemovedQueueItem {
  readonly client_message_id: string;
  readonly disposition: 'dequeued' | 'cancelled';
}

/** What an agent asks a person: may I use this tool with this input? */
export interface ToolRequest {
  readonly subtype: 'can_use_tool';
  readonly tool_name: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly tool_call_id: string;
  /** What else can be answered, each `{ id, text }`; `selected_permission_suggestion_ids` of the answer names it. */
  readonly permission_suggestions: readonly unknown[];
  readonly blocked_path: string | null;
}

/** How a `control_request` ended. */
export type ApprovalOutcome = 'allow' | 'deny' | 'expired' | 'turn_ended';

/** Event types and their payloads (protocol section 3). Augment this interface to emit events of your own. */
export interface EventPayloads {
  stream_delta: { readonly delta: Delta };
  update_device_status: { readonly device_status: DeviceStatus };
  update_loop_status: { readonly loop_status: LoopStatus };
  update_queue: { readonly queue: readonly QueueItem[]; readonly removed: readonly RemovedQueueItem[] };
  update_subagent_state: { readonly subagents: readonly unknown[] };
  turn_finished: {
    readonly turn_id: string;
    readonly stop_reason: StopReason;
    readonly run_id?: string;
    readonly error?: string;
  };
  control_request: { readonly request_id: string; readonly request: ToolRequest };
  control_request_resolved: { readonly request_id: string; readonly outcome: ApprovalOutcome };
}

/** The events of the protocol; devices may send others. */
export type EventType = keyof EventPayloads;
export type EventPayload<T extends EventType> = EventPayloads[T];

/** An event's name, given once by the device: it is never renumbered. */
export interface EventName {
  readonly runtime: Runtime;
  readonly epoch: string;
  readonly seq: number;
}

/** Numbers of one runtime and epoch, both ends included. */
export interface NumberRange {
  readonly epoch: string;
  readonly from: number;
  readonly to: number;
}

/** The event types whose newer value replaces an unsent older one, and of which a new subscriber is shown the newest. */
export const SNAPSHOT_TYPES = [
  'update_device_status',
  'update_loop_status',
  'update_queue',
  'update_subagent_state',
] as const satisfies readonly EventType[];

const EVENT_TYPES: ReadonlySet<string> = new Set<EventType>([
  ...SNAPSHOT_TYPES,
  'stream_delta',
  'turn_finished',
  'control_request',
  'control_request_resolved',
]);

/** Whether the protocol itself knows this type as an event. Frames of other types are events when they carry a number. */
export function isKnownEventType(type: string): type is EventType {
  return EVENT_TYPES.has(type);
}

export function isSnapshotType(type: string): boolean {
  return (SNAPSHOT_TYPES as readonly string[]).includes(type);
}
