import { signal } from '@preact/signals';
import { isEvent } from 'twinlane/client';
import type { AgentCommand, AgentMode, Frame, LoopState, QueueItem } from 'twinlane/protocol';
import { type Raw, recordIn, recordsIn, textIn } from '../transcript/read-fields.js';

/** What an agent tells of itself; what it has not told is empty. */
export interface AgentFacts {
  readonly title: string | undefined;
  readonly model: string | undefined;
  readonly mode: string | undefined;
  readonly modes: readonly AgentMode[];
  readonly commands: readonly AgentCommand[];
}

export interface DeviceFacts {
  /** The permission mode. */
  readonly mode: string | undefined;
  /** Those that the device takes; empty where it does not say. */
  readonly modes: readonly string[];
  readonly directory: string | undefined;
  readonly branch: string | undefined;
  readonly agent: AgentFacts;
}

/** The newest snapshots of a runtime, in the words of the page. */
export class ConversationStatus {
  readonly loop = signal<LoopState | undefined>(undefined);
  readonly run = signal<string | undefined>(undefined);
  readonly queue = signal<readonly QueueItem[]>([]);
  readonly device = signal<DeviceFacts | undefined>(undefined);
  readonly subagents = signal(0);

  take(frame: Frame): void {
    if (isEvent(frame, 'update_loop_status')) {
      this.loop.value = frame.loop_status.status;
      this.run.value = frame.loop_status.active_run_ids.at(-1);
    } else if (isEvent(frame, 'update_queue')) this.queue.value = frame.queue;
    else if (isEvent(frame, 'update_device_status')) this.device.value = deviceFacts(frame.device_status);
    else if (isEvent(frame, 'update_subagent_state')) this.subagents.value = frame.subagents.length;
    else if (isEvent(frame, 'turn_finished') && frame.stop_reason !== 'requires_approval')
      this.loop.value = 'WAITING_ON_INPUT';
  }

  /** Whether a turn is under way. */
  get isBusy(): boolean {
    const { value } = this.loop;
    return value !== undefined && value !== 'WAITING_ON_INPUT';
  }
}

function deviceFacts(status: Raw): DeviceFacts {
  const agent = recordIn(status, 'agent_status') ?? {};
  const git = recordIn(status, 'git_context');
  const modes = status['supported_permission_modes'];
  return {
    mode: textIn(status, 'current_permission_mode'),
    modes: Array.isArray(modes) ? modes.filter((mode: unknown) => typeof mode === 'string') : [],
    directory: textIn(status, 'current_working_directory'),
    branch: git && textIn(git, 'branch'),
    agent: {
      title: textIn(agent, 'title'),
      model: textIn(agent, 'model'),
      mode: textIn(agent, 'current_mode'),
      modes: recordsIn(agent, 'modes').flatMap((mode) => {
        const [id, description] = [textIn(mode, 'id'), textIn(mode, 'description')];
        return id === undefined
          ? []
          : [{ id, name: textIn(mode, 'name') ?? id, ...(description === undefined ? {} : { description }) }];
      }),
      commands: recordsIn(agent, 'commands').flatMap((command) => {
        const [name, hint] = [textIn(command, 'name'), textIn(command, 'hint')];
        if (name === undefined) return [];
        return [{ name, description: textIn(command, 'description') ?? '', ...(hint === undefined ? {} : { hint }) }];
      }),
    },
  };
}
