import type { ProtocolEmitterService } from '../emitter/index.js';
import {
  type AgentStatus,
  type DeviceStatus,
  type GitContext,
  type LoopStatus,
  type PermissionMode,
  type RemovedQueueItem,
  type Runtime,
  PERMISSION_MODES,
} from '../protocol/index.js';
import type { LinkMonitor } from '../transport/index.js';
import type { Approval } from './approval.js';
import type { ConversationState } from './conversation-state.js';
import type { InputQueue } from './input-queue.js';
import type { Turn } from './turn.js';

/** What of a conversation its four snapshots show. */
export interface Reported {
  readonly runtime: Runtime;
  readonly state: ConversationState<Turn, Approval>;
  readonly mode: PermissionMode;
  readonly cwd: string;
  readonly gitContext: GitContext | null;
  readonly queue: InputQueue;
  /** What the agent tells beside turns. */
  readonly agentStatus: AgentStatus | undefined;
}

/** Emits the state of one conversation, in the fields of stock listeners (protocol section 3). */
export class StatusReporter {
  constructor(
    private readonly subject: Reported,
    private readonly emitter: ProtocolEmitterService,
    private readonly links: LinkMonitor,
    private readonly connectionName: string,
  ) {}

  device(): void {
    this.emitter.emit('update_device_status', { device_status: this.deviceStatus() }, this.subject.runtime);
  }

  loop(): void {
    this.emitter.emit('update_loop_status', { loop_status: this.loopStatus() }, this.subject.runtime);
  }

  queue(removed: readonly RemovedQueueItem[] = []): void {
    this.emitter.emit('update_queue', { queue: this.subject.queue.items, removed }, this.subject.runtime);
  }

  /** All four, in the order of stock listeners. */
  all(): void {
    this.device();
    this.loop();
    this.queue();
    this.emitter.emit('update_subagent_state', { subagents: [] }, this.subject.runtime);
  }

  private deviceStatus(): DeviceStatus {
    const { state, mode, cwd, gitContext } = this.subject;
    return {
      current_connection_id: this.links.current.connectionId ?? null,
      connection_name: this.connectionName,
      // Whoever reads this reads it off a device that is there.
      is_online: true,
      is_processing: state.name !== 'idle',
      current_permission_mode: mode,
      supported_permission_modes: PERMISSION_MODES,
      current_working_directory: cwd,
      git_context: gitContext,
      letta_code_version: null,
      current_toolset: null,
      current_toolset_preference: 'auto',
      available_toolsets: [],
      current_loaded_tools: [],
      current_available_skills: [],
      background_processes: [],
      // Approvals reach those who may answer them as control_request, and nobody else.
      pending_control_requests: [],
      agent_status: this.subject.agentStatus ?? null,
    };
  }

  private loopStatus(): LoopStatus {
    const { state } = this.subject;
    if (state.name === 'idle') return { status: 'WAITING_ON_INPUT', active_run_ids: [], executing_tool_call_ids: [] };
    const { lease: turn } = state;
    return {
      status: state.name === 'waiting-for-approval' ? 'WAITING_ON_APPROVAL' : turn.activity,
      active_run_ids: [turn.runId],
      client_message_ids_by_run_id: { [turn.runId]: turn.messages.map((message) => message.client_message_id) },
      executing_tool_call_ids: turn.executingToolCallIds,
    };
  }
}
